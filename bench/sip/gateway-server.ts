import type { Tuple } from '@truetuple/sip-engine';
import { createGateway, type Cidr, type Ipv4Address } from '@truetuple/sip-gateway';
import { hostPort } from './sip-text.ts';
import type { SipServer } from './sip-server.ts';

/** At 200 calls a second the usual 30 seconds would take more ports than the range has. */
const quarantineMs = 2_000;

/**
 * The gateway with its SIP server and its media relay in this process, on loopback: its peers count as hosts of the VPC, so that
 * the public address sends to them. "media" leads to the media peer, any other user to the load generator's callee.
 */
export async function openGateway(
  local: Tuple,
  callee: Tuple,
  mediaCallee: Tuple,
  realtimePriority?: number,
): Promise<SipServer> {
  const publicIp = local.address as Ipv4Address;
  const subnet = publicIp.slice(0, publicIp.lastIndexOf('.'));
  const privateIp = `${subnet}.254` as Ipv4Address;
  const gateway = await createGateway({
    identity: {
      publicIp,
      privateIp,
      subnetCidr: `${subnet}.0/24` as Cidr,
      vpcCidrs: ['127.0.0.0/8' as Cidr],
      bind: { internet: privateIp, vpc: publicIp },
      delivery: 'both',
    },
    signalling: { kind: 'embedded' },
    media:
      realtimePriority === undefined
        ? { kind: 'embedded', quarantineMs }
        : { kind: 'embedded', quarantineMs, realtimePriority },
    sipPort: local.port,
    route: ({ requestUri }) => {
      const target = requestUri.startsWith('sip:media@') ? mediaCallee : callee;
      return { kind: 'to', uri: `sip:callee@${hostPort(target)}` };
    },
  });
  const { nice, realtimePriority: got } = await gateway.media();
  return {
    local,
    counts: () => gateway.counts().sip,
    refused: () => 0,
    relayThread: { nice, realtimePriority: got },
    close: () => gateway.close(),
  };
}
