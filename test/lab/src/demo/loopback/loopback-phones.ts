import type { Transport } from '@truetuple/sip-engine';
import { SipUserAgent } from '../../peers/sip-user-agent.ts';
import { socketTransport } from '../../peers/socket-transport.ts';
import type { UdpDatagram } from '../../capture/udp-datagram.ts';
import type { Phones } from '../calls/phones.ts';
import { bindUdp } from '../traffic/datagram.ts';
import type { PeerClass } from '../traffic/flow.ts';

/** Addresses of the far sides: the gateway would take a call to its own 127.0.0.1 for a loop. */
export const loopbackFar: Readonly<Record<PeerClass, string>> = {
  internet: '127.0.0.2',
  vpc: '127.0.0.3',
};

/** SIP user agents on 127.0.0.2 and 127.0.0.3; what is seen is what their sockets sent and got. */
export async function openLoopbackPhones(): Promise<Phones> {
  await using opened = new AsyncDisposableStack();
  const seen: Record<PeerClass, UdpDatagram[]> = { internet: [], vpc: [] };
  const agent = async (peer: PeerClass): Promise<SipUserAgent> => {
    const bind = async (): Promise<Transport> => {
      const socket = await bindUdp(loopbackFar[peer], 0);
      // a user agent closes it too; twice is once
      const transport = opened.adopt(socketTransport(socket), async (each) => each.close());
      return watched(transport, (datagram) => seen[peer].push(datagram));
    };
    const user = peer === 'internet' ? 'peer' : 'client';
    return opened.use(new SipUserAgent({ user, sip: await bind(), rtp: await bind() }));
  };
  const agents = { internet: await agent('internet'), vpc: await agent('vpc') };
  const resources = opened.move();
  return {
    agents,
    record: async () => {
      const from = { internet: seen.internet.length, vpc: seen.vpc.length };
      return {
        seen: (peer) => seen[peer].slice(from[peer]),
        // what a socket sends or gets is on record at once
        until: async (peer, matches) => seen[peer].slice(from[peer]).some(matches),
        file: () => undefined,
        dropped: async () => undefined,
        [Symbol.dispose]: () => undefined,
      };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The same transport, with an account of what it sends and gets. */
function watched(transport: Transport, tell: (datagram: UdpDatagram) => void): Transport {
  transport.onMessage((payload, source, destination) => {
    tell({ atMs: now(), direction: 'incoming', source, destination, payload });
  });
  return {
    ...transport,
    send: (payload, destination, onFailure) => {
      const source = transport.localAddress;
      tell({ atMs: now(), direction: 'outgoing', source, destination, payload });
      transport.send(payload, destination, onFailure);
    },
  };
}
