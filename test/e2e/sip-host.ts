import { once } from 'node:events';
import type { NetworkNamespace } from '@truetuple/netlink';
import type { Transport } from '@truetuple/sip-engine';
import { SipPeer, type Got } from '@truetuple/sip-engine/testing';
import {
  boxAddresses,
  capture,
  openUdpPeer,
  socketTransport,
  udpIn,
  type Capture,
  type UdpPeer,
  type VpcBox,
} from '@truetuple/lab';

export const sipPort = 5060;
export const rtpPort = 40_000;

/** Hosts that speak SIP, and where they lie. `natgw` is in net1's own subnet. */
export const sipHosts = {
  peer: { namespace: 'peer', link: 'pe0', address: boxAddresses.peer },
  secondPeer: { namespace: 'peer', link: 'pe0', address: boxAddresses.secondPeer },
  client: { namespace: 'client', link: 'eth0', address: boxAddresses.client },
  aws: { namespace: 'aws', link: 'eth0', address: boxAddresses.aws },
  isolated: { namespace: 'isolated', link: 'eth0', address: boxAddresses.isolated },
  natgw: { namespace: 'natgw', link: 'eth0', address: boxAddresses.natGateway },
} as const;
export type SipHostName = keyof typeof sipHosts;

/** A host of the box with SIP and RTP, and a capture of what its link carried. */
export interface SipHost extends AsyncDisposable {
  readonly address: string;
  readonly sip: SipPeer;
  readonly rtp: UdpPeer;
  readonly link: Capture;
  readonly sdp: string;
  /** Resolves once the log holds this entry as often as said, with the last such message. */
  readonly until: (entry: string, times?: number) => Promise<Got>;
  /** Resolves with the first final response that refuses. */
  readonly untilRefused: () => Promise<Got>;
}

export async function openSipHost(
  box: VpcBox,
  host: SipHostName,
  gateway: string,
): Promise<SipHost> {
  await using opened = new AsyncDisposableStack();
  const { address, ...place } = sipHosts[host];
  const namespace = box.namespaces[place.namespace];
  const link = opened.use(await capture(namespace, place.link, { filter: isUdpOf(address) }));
  const rtp = opened.use(await openUdpPeer({ namespace, address, port: rtpPort }));
  const transport = opened.adopt(await transportIn(namespace, address), async (each) =>
    each.close(),
  );
  const sip = new SipPeer(transport, { address: gateway, port: sipPort });
  const arrivals = new EventTarget();
  sip.onGot(() => arrivals.dispatchEvent(new Event('got')));
  const untilFound = async (find: () => Got | undefined): Promise<Got> => {
    const signal = AbortSignal.timeout(20_000);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await once(arrivals, 'got', { signal });
    }
  };
  const lines = ['v=0', `o=- 7 7 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  const resources = opened.move();
  return {
    address,
    sip,
    rtp,
    link,
    sdp: [...lines, `m=audio ${rtpPort} RTP/AVP 0`, 'a=sendrecv', ''].join('\r\n'),
    until: (entry, times = 1) =>
      untilFound(() => {
        const isThere = sip.log().filter((each) => each === entry).length >= times;
        return isThere ? sip.got[sip.log().lastIndexOf(entry)] : undefined;
      }),
    untilRefused: () => untilFound(() => sip.got.find(isRefusal)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function isRefusal({ message }: Got): boolean {
  return message.kind === 'response' && message.status >= 300;
}

/** Two hosts may share a link. */
function isUdpOf(address: string): (packet: Capture['packets'][number]) => boolean {
  return ({ frame: { network } }) =>
    network.kind === 'ipv4' &&
    network.transport.kind === 'udp' &&
    [network.source, network.destination].includes(address);
}

async function transportIn(namespace: NetworkNamespace, address: string): Promise<Transport> {
  return socketTransport(await udpIn(namespace, address, sipPort));
}
