import npmSip from 'sip';
import type { Tuple } from '@truetuple/sip-engine';
import { hostPort, sdpAt } from './sip-text.ts';
import type { SipServer } from './sip-server.ts';

/** A UAS on npm's `sip`: 100, then 200 with a description; BYE gets 200. Its transactions are its own. */
export function openNpmSip(local: Tuple): SipServer {
  const sdp = sdpAt({ address: local.address, port: 40_000 });
  let tags = 0;
  // what it would only log ends this process
  const logger = {
    error: (error: Error): void => {
      throw error;
    },
  };
  const options = { address: local.address, port: local.port, tcp: false, logger };
  npmSip.start(options, (request) => {
    if (request.method === 'INVITE') {
      tags += 1;
      npmSip.send(npmSip.makeResponse(request, 100, 'Trying'));
      request.headers.to.params.tag = `npm${tags}`;
      const response = npmSip.makeResponse(request, 200, 'OK');
      response.headers.contact = [{ uri: `sip:npm@${hostPort(local)}` }];
      response.headers['content-type'] = 'application/sdp';
      response.content = sdp;
      npmSip.send(response);
    } else if (request.method === 'BYE') npmSip.send(npmSip.makeResponse(request, 200, 'OK'));
  });
  return {
    local,
    counts: () => undefined,
    refused: () => 0,
    close: async () => npmSip.stop(),
  };
}
