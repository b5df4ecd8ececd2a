import type { Resolver, Transport, Tuple } from '@truetuple/sip-engine';
import {
  FakeClock,
  SipPeer,
  VirtualNetwork,
  type VirtualNetworkOptions,
} from '@truetuple/sip-engine/testing';
import type { Cidr, Ipv4Address } from '../address.ts';
import type { RouteCall } from '../call/gateway-calls.ts';
import { localAddresses, peerPath, type PeerClass, type PeerNetworks } from '../call/peer-class.ts';
import type { GatewayEvent } from '../gateway-event.ts';
import type { GatewayOptions } from '../gateway-options.ts';
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

export interface GatewayBenchSetup {
  /** Names that resolve; one with no address does not exist, any other is never answered. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly options?: Partial<GatewayOptions>;
  /** How the SIP network treats what is sent. Default: nothing is lost and nothing is late. */
  readonly network?: VirtualNetworkOptions;
}

/** A gateway on networks in memory, with a fake clock and a fake relay. */
export interface GatewayBench {
  readonly gateway: Gateway;
  readonly clock: FakeClock;
  readonly relay: FakeMediaRelay;
  /** The network that SIP goes over. */
  readonly network: VirtualNetwork;
  /** What `onEvent` was told. */
  readonly events: readonly GatewayEvent[];
  /**
   * `internet`: behind the Internet gateway, which maps the public address to the private one; with delivery
   * `translate` so does the pod's kernel, towards `vpc`.
   */
  readonly peer: (address: string, from: PeerClass) => Promise<BenchPeer>;
  readonly run: (ms: number) => Promise<void>;
  /** Every RTP socket that the relay has bound. */
  readonly boundByRelay: () => readonly string[];
}

/** A fake relay with ten pairs of ports. */
export function relayOn(network: MemoryNetwork, own: PeerNetworks = networks): FakeMediaRelay {
  return new FakeMediaRelay({
    network,
    pathTo: (peer) => peerPath(own, peer),
    addresses: localAddresses(own),
    ports: { first: 16_384, last: 16_403 },
    quarantineMs: 30_000,
    mediaTimeoutMs: 60_000,
    holdTimeoutMs: 3_600_000,
  });
}

export async function openGatewayBench(
  route: RouteCall,
  setup: GatewayBenchSetup = {},
): Promise<GatewayBench> {
  const { names = {}, options = {}, network = {} } = setup;
  const clock = new FakeClock();
  const sip = new VirtualNetwork(clock, network);
  const rtp = new MemoryNetwork();
  const all = { ...networks, ...options };
  const relay = relayOn(rtp, all);
  const events: GatewayEvent[] = [];
  const resolver: Resolver = {
    addressesOf: async (name) => {
      const addresses = names[name];
      // a name that is not there at all is never found, one without addresses is none
      if (addresses === undefined) return new Promise<never>(() => undefined);
      if (addresses.length === 0) throw new Error(`${name} does not exist`);
      return addresses;
    },
  };
  const gateway = await startGateway(
    {
      clock,
      openTransport: async (local) => sip.open(local),
      openRelay: async () => relay,
      resolver,
    },
    {
      ...networks,
      signalling: { kind: 'embedded' },
      media: { kind: 'embedded' },
      ...options,
      route,
      onEvent: (event) => events.push(event),
    },
  );
  await clock.advanceSettled(0);
  const ours = new Set<string>(localAddresses(all));
  return {
    gateway,
    clock,
    relay,
    network: sip,
    events,
    peer: async (address, from) => openPeer({ sip, rtp, own: all }, address as Ipv4Address, from),
    run: async (ms) => clock.advanceSettled(ms),
    boundByRelay: () => rtp.bound().filter((tuple) => ours.has(tuple.split(':')[0] ?? '')),
  };
}

/** A host on networks of your choice. */
export async function openPeer(
  {
    sip,
    rtp,
    own,
  }: { readonly sip: VirtualNetwork; readonly rtp: MemoryNetwork; readonly own: PeerNetworks },
  address: Ipv4Address,
  from: PeerClass,
): Promise<BenchPeer> {
  const isTranslated = own.identity.delivery === 'translate';
  const isMapped = from === 'internet' || (from === 'vpc' && isTranslated);
  const dialled =
    from === 'other-private' ? (own.otherPrivateAddress ?? privateIp) : (publicIp as string);
  const transport = sip.open({ address, port: 5060 });
  const heard: string[] = [];
  const socket: BoundSocket = await rtp.bind({ address, port: 40_000 }, (bytes, source) => {
    const seen = asSeen(source, isMapped);
    heard.push(`${Buffer.from(bytes).toString()} from ${seen.address}:${seen.port}`);
  });
  const lines = ['v=0', `o=- 7 7 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return {
    sip: new SipPeer(isMapped ? mapped(transport) : transport, { address: dialled, port: 5060 }),
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
