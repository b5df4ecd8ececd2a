import type { Ipv4Address } from '../address.ts';
import type { PeerPath } from '../call/peer-class.ts';
import type { LegName, MediaEvent, MediaRelay, MediaTurn } from '../media/media-relay.ts';
import { parseSessionDescription } from '../sdp/session-description.ts';
import type { Endpoint } from '../sdp/stream-description.ts';

/** A host of somebody else, with one UDP socket. */
export interface MediaPeer extends Endpoint {
  /** Resolves once the datagram has left. */
  readonly send: (text: string, to: Endpoint) => Promise<void>;
  /** The next datagram that arrives. */
  readonly next: () => Promise<{ readonly text: string; readonly from: Endpoint }>;
}

/** A relay with two pairs of ports in its range, and the hosts around it. */
export interface MediaWorld {
  readonly relay: MediaRelay;
  /** Opens a host's socket; its port is the network's choice. */
  readonly openPeer: (address: string) => Promise<MediaPeer>;
  /** Lets the quarantine of every released port pass. */
  readonly passQuarantine: () => Promise<void>;
  /** Lets the media time-out pass. */
  readonly passMediaTimeout: () => Promise<void>;
}

/** One thing that every relay of this package must do; throws an AssertionError when it does not. */
export interface MediaRelayCase {
  readonly title: string;
  readonly run: (world: MediaWorld) => Promise<void>;
}

/** The world's own addresses, all of the loopback network, so that a real relay can bind them anywhere. */
export const contractAddresses: {
  readonly privateIp: Ipv4Address;
  readonly publicIp: Ipv4Address;
} = { privateIp: '127.0.0.10' as Ipv4Address, publicIp: '127.0.0.20' as Ipv4Address };

/** Hosts by what they are to us. */
export const hosts: Readonly<
  Record<'internet' | 'internetToo' | 'vpc' | 'vpcToo' | 'peering', Ipv4Address>
> = {
  internet: '127.0.1.1' as Ipv4Address,
  internetToo: '127.0.1.2' as Ipv4Address,
  vpc: '127.0.2.1' as Ipv4Address,
  vpcToo: '127.0.2.2' as Ipv4Address,
  peering: '127.0.3.1' as Ipv4Address,
};

/** The architecture's table for delivery `both`, on the world's addresses. */
export function contractPath(peer: Ipv4Address): PeerPath {
  const { privateIp, publicIp } = contractAddresses;
  if (peer === publicIp || peer === privateIp) {
    return { kind: 'refused', code: 'LoopDetected', because: `${peer} is our own` };
  }
  if (peer.startsWith('127.0.2.')) {
    return { kind: 'path', peerClass: 'vpc', advertised: publicIp, bind: publicIp };
  }
  if (peer.startsWith('127.0.3.')) {
    return { kind: 'path', peerClass: 'other-private', advertised: privateIp, bind: privateIp };
  }
  return { kind: 'path', peerClass: 'internet', advertised: publicIp, bind: privateIp };
}

/** Where the socket for a peer of that kind sends from, and the port it was told. */
export function seenFrom(bind: keyof typeof contractAddresses, told: Endpoint): Endpoint {
  return { address: contractAddresses[bind], port: told.port };
}

export interface TurnShape {
  readonly from: LegName;
  /** One audio stream for each; undefined is a stream with port 0. */
  readonly media: readonly (Endpoint | undefined)[];
  readonly direction?: string;
  /** Default RTP/AVP. */
  readonly protocol?: string;
  /** Further lines of each stream. */
  readonly more?: readonly string[];
  readonly callId?: string;
  readonly signalling?: Readonly<Record<LegName, Ipv4Address>>;
}

export function turn(shape: TurnShape): MediaTurn {
  const { from, media, direction, protocol = 'RTP/AVP', more = [], callId, signalling } = shape;
  const lines = media.flatMap((endpoint) => [
    `m=audio ${endpoint?.port ?? 0} ${protocol} 0`,
    `c=IN IP4 ${endpoint?.address ?? '0.0.0.0'}`,
    `a=${direction ?? 'sendrecv'}`,
    ...more,
  ]);
  const text = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines].join('\r\n');
  return {
    callId: callId ?? 'call-1',
    from,
    description: parseSessionDescription(text),
    signalling: signalling ?? { a: hosts.internet, b: hosts.vpc },
  };
}

/** Where each leg was told to send. */
export type ToldLegs = Readonly<Record<LegName, Endpoint>>;

/** A call between two peers: what each was told. */
export async function connect(relay: MediaRelay, a: Endpoint, b: Endpoint): Promise<ToldLegs> {
  const [toldB] = await relay.offer(turn({ from: 'a', media: [a] }));
  const [toldA] = await relay.answer(turn({ from: 'b', media: [b] }));
  if (toldA === undefined || toldB === undefined) throw new Error('a stream was not taken');
  return { a: toldA, b: toldB };
}

/** Resolves with the first event of a kind. */
export function nextEvent(
  relay: Pick<MediaRelay, 'onEvent'>,
  kind: MediaEvent['kind'],
): Promise<MediaEvent> {
  return new Promise((resolve) => {
    const stop = relay.onEvent((event) => {
      if (event.kind !== kind) return;
      stop();
      resolve(event);
    });
  });
}

/** Resolves once that many packets of a leg of call-1 were taken: a packet may still wait in the kernel when its send is done. */
export async function packetsTaken(relay: MediaRelay, leg: LegName, count: number): Promise<void> {
  for (;;) {
    const media = await relay.statistics('call-1');
    if (media === undefined) throw new Error('call-1 is not there');
    if (media[leg].packets >= count) return;
  }
}
