import type { Ipv4Address } from '../address.ts';
import type { PeerPath } from '../call/peer-class.ts';
import { GatewayError } from '../errors.ts';
import type { Endpoint, StreamDescription } from '../sdp/stream-description.ts';
import type { LegName, MediaTurn } from './media-relay.ts';
import type { PeerEndpoint } from './symmetric-peer.ts';

/** One stream of an offer or answer with everything decided: what the relay's worker is told. */
export interface RelayStream {
  readonly rtp: PeerEndpoint | undefined;
  readonly rtcp: PeerEndpoint | undefined;
  /** Whether its sender means to send media. */
  readonly sends: boolean;
  /** Our address as this peer must have been told it. */
  readonly advertised: Ipv4Address;
  /** Whether advertised follows from the media address itself, not from the signalling address. */
  readonly certain: boolean;
}

/** A MediaTurn as a plain value that can be posted to a thread. */
export interface RelayTurn {
  readonly callId: string;
  readonly from: LegName;
  /** One per m= line; undefined for a stream that is closed or refused. */
  readonly streams: readonly (RelayStream | undefined)[];
  /** Our address as the other leg is told it, unless it was told one before. */
  readonly towards: Ipv4Address;
}

/** Decides, for the address of a peer, which address of ours it is told and which socket sends to it. */
export type PathTo = (peer: Ipv4Address) => PeerPath;

/**
 * Decides for every stream of a turn which address and socket its peer gets.
 *
 * @throws GatewayError LoopDetected, AddressUnusable
 */
export function relayTurn(turn: MediaTurn, pathTo: PathTo): RelayTurn {
  const { callId, from, description, signalling } = turn;
  const own = requirePath(pathTo, signalling[from]);
  const towards = requirePath(pathTo, signalling[otherLeg(from)]);
  const streams = description.streams.map((stream) => relayStream(stream, pathTo, own));
  return { callId, from, streams, towards: towards.advertised };
}

export function otherLeg(leg: LegName): LegName {
  return leg === 'a' ? 'b' : 'a';
}

function relayStream(
  stream: StreamDescription,
  pathTo: PathTo,
  own: PeerPath & { readonly kind: 'path' },
): RelayStream | undefined {
  if (stream.kind !== 'relayed') return undefined;
  const { rtp, rtcp, direction } = stream;
  const media = rtp === undefined ? own : requirePath(pathTo, rtp.address);
  const reports = rtcp === undefined ? undefined : requirePath(pathTo, rtcp.address);
  const isBeside =
    reports?.advertised === media.advertised && reports.peerClass === media.peerClass;
  return {
    rtp: rtp === undefined ? undefined : peerEndpoint(rtp, pathTo),
    // reports to another network than the media's are not sent: they might show another address than the peer was told
    rtcp: rtcp === undefined || !isBeside ? undefined : peerEndpoint(rtcp, pathTo),
    sends: direction === 'sendrecv' || direction === 'sendonly',
    advertised: media.advertised,
    certain: rtp !== undefined,
  };
}

function peerEndpoint({ address, port }: Endpoint, pathTo: PathTo): PeerEndpoint {
  return { address, port, bind: requirePath(pathTo, address).bind };
}

function requirePath(pathTo: PathTo, peer: Ipv4Address): PeerPath & { readonly kind: 'path' } {
  const path = pathTo(peer);
  if (path.kind === 'path') return path;
  throw new GatewayError({
    code: path.code,
    message: `Media was to go to ${peer}, but ${path.because}.`,
    remedy: 'Let the peer describe its own media address; look for a route that leads back to us.',
    retry: 'never',
  });
}
