import type { Transport, Tuple } from '@truetuple/sip-engine';
import { FakeClock, SipPeer, VirtualNetwork } from '@truetuple/sip-engine/testing';
import type { Cidr, Ipv4Address } from '../address.ts';
import type { RouteCall } from '../call/gateway-calls.ts';
import { localAddresses, peerPath, type PeerNetworks } from '../call/peer-class.ts';
import { startGateway, type Gateway } from '../gateway.ts';
import type { BoundSocket } from '../media/datagram-port.ts';
import { FakeMediaRelay } from './fake-media-relay.ts';
import { MemoryNetwork } from './memory-network.ts';

export const publicIp = '203.0.113.50' as Ipv4Address;
export const privateIp = '10.0.2.128' as Ipv4Address;

export const networks: PeerNetworks = {
  identity: {
    publicIp,
    privateIp,
    subnetCidr: '10.0.2.0/24' as Cidr,
    vpcCidrs: ['10.0.0.0/16' as Cidr],
    bind: { internet: privateIp, vpc: publicIp },
    delivery: 'both',
  },
};

/** A host with SIP on 5060 and RTP on 40000. */
export interface BenchPeer {
  readonly sip: SipPeer;
  /** Datagrams as "payload from address:port", in the addresses that the host sees. */
  readonly heard: readonly string[];
  /** Sends RTP to a tuple that it was told. */
  readonly sendRtp: (text: string, to: Tuple) => void;
  /** SIP that it got, whole, with the tuple that it came from as the host sees it. */
  readonly datagrams: () => readonly { readonly text: string; readonly from: Tuple }[];
  readonly sdp: string;
}

/** A gateway on networks in memory, with a fake clock and a fake relay. */
export interface GatewayBench {
  readonly gateway: Gateway;
  readonly clock: FakeClock;
  readonly relay: FakeMediaRelay;
  /** `internet`: behind the Internet gateway, which maps the public address to the private one. */
  readonly peer: (address: string, from: 'internet' | 'vpc') => Promise<BenchPeer>;
  readonly run: (ms: number) => Promise<void>;
  /** Every RTP socket that the relay has bound. */
  readonly boundByRelay: () => readonly string[];
}

/** A fake relay with ten pairs of ports. */
export function relayOn(network: MemoryNetwork): FakeMediaRelay {
  return new FakeMediaRelay({
    network,
    pathTo: (peer) => peerPath(networks, peer),
    addresses: localAddresses(networks),
    ports: { first: 16_384, last: 16_403 },
    quarantineMs: 30_000,
    mediaTimeoutMs: 60_000,
  });
}

export async function openGatewayBench(route: RouteCall): Promise<GatewayBench> {
  const clock = new FakeClock();
  const sip = new VirtualNetwork(clock);
  const rtp = new MemoryNetwork();
  const relay = relayOn(rtp);
  const gateway = await startGateway(
    { clock, openTransport: async (local) => sip.open(local), openRelay: async () => relay },
    { ...networks, signalling: { kind: 'embedded' }, media: { kind: 'embedded' }, route },
  );
  await clock.advanceSettled(0);
  const ours = new Set<string>([publicIp, privateIp]);
  return {
    gateway,
    clock,
    relay,
    peer: async (address, from) => openPeer({ sip, rtp }, address as Ipv4Address, from),
    run: async (ms) => clock.advanceSettled(ms),
    boundByRelay: () => rtp.bound().filter((tuple) => ours.has(tuple.split(':')[0] ?? '')),
  };
}

async function openPeer(
  { sip, rtp }: { readonly sip: VirtualNetwork; readonly rtp: MemoryNetwork },
  address: Ipv4Address,
  from: 'internet' | 'vpc',
): Promise<BenchPeer> {
  const isMapped = from === 'internet';
  const transport = sip.open({ address, port: 5060 });
  const heard: string[] = [];
  const socket: BoundSocket = await rtp.bind({ address, port: 40_000 }, (bytes, source) => {
    const seen = asSeen(source, isMapped);
    heard.push(`${Buffer.from(bytes).toString()} from ${seen.address}:${seen.port}`);
  });
  const lines = ['v=0', `o=- 7 7 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return {
    sip: new SipPeer(isMapped ? mapped(transport) : transport, { address: publicIp, port: 5060 }),
    heard,
    sendRtp: (text, to) => {
      const { port } = to;
      const target = asSent(to, isMapped).address as Ipv4Address;
      socket.send(Buffer.from(text), { address: target, port });
    },
    datagrams: () =>
      sip.sent
        .filter(({ destination }) => destination.address === address)
        .map(({ bytes, source }) => ({
          text: Buffer.from(bytes).toString(),
          from: asSeen(source, isMapped),
        })),
    sdp: [...lines, 'm=audio 40000 RTP/AVP 0', 'a=sendrecv', ''].join('\r\n'),
  };
}

/** What the Internet gateway makes of a source on its way out, port for port. */
function asSeen(source: Tuple, isMapped: boolean): Tuple {
  if (!isMapped) return source;
  // it maps the private address alone: whatever else leaves is lost, and shows as what it was
  return source.address === privateIp ? { address: publicIp, port: source.port } : source;
}

/** And of a destination on its way in. */
function asSent(destination: Tuple, isMapped: boolean): Tuple {
  return isMapped && destination.address === publicIp
    ? { address: privateIp, port: destination.port }
    : destination;
}

function mapped(transport: Transport): Transport {
  return {
    kind: 'udp',
    localAddress: transport.localAddress,
    send: (bytes, destination, onFailure) =>
      transport.send(bytes, asSent(destination, true), onFailure),
    onMessage: (listener) => transport.onMessage(listener),
    onFailure: (listener) => transport.onFailure(listener),
    close: () => transport.close(),
  };
}
