import { isLoopback, type Ipv4Address } from '../address.ts';
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
  const { bind } = media;
  const isHeard = rtp !== undefined && rtcp !== undefined && isBeside(rtp, rtcp, pathTo);
  return {
    rtp: rtp === undefined ? undefined : { ...rtp, bind },
    rtcp: isHeard ? { ...rtcp, bind } : undefined,
    sends: direction === 'sendrecv' || direction === 'sendonly',
    advertised: media.advertised,
    certain: rtp !== undefined,
  };
}

/**
 * Whether reports may go where RTCP is wanted. To another network than the media's they might show another address than the peer was
 * told. Nor is there anybody at this machine itself for a peer elsewhere, or at what no host has, such as the 0.0.0.0 in a browser's a=rtcp.
 */
function isBeside(rtp: Endpoint, rtcp: Endpoint, pathTo: PathTo): boolean {
  const [media, reports] = [pathTo(rtp.address), pathTo(rtcp.address)];
  return (
    media.kind === 'path' &&
    reports.kind === 'path' &&
    media.advertised === reports.advertised &&
    media.peerClass === reports.peerClass &&
    isLoopback(rtp.address) === isLoopback(rtcp.address)
  );
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
