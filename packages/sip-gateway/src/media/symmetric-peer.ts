import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';

/** Where a leg wants one component (RTP or RTCP) of a stream, and from which of our addresses it is sent. */
export interface PeerEndpoint extends Endpoint {
  /** Local address of the socket that sends to it. */
  readonly bind: Ipv4Address;
}

/** A negotiated endpoint, and the port that it turned out to send from. */
export interface SymmetricPeer {
  readonly negotiated: PeerEndpoint;
  /** Set by the first packet, and then for good: symmetric RTP (RFC 4961) behind a port-changing NAT. */
  readonly learnedPort: number | undefined;
}

/** The peer of a new description; what was learned stays when the endpoint is the old one. */
export function renegotiate(
  before: SymmetricPeer | undefined,
  negotiated: PeerEndpoint | undefined,
): SymmetricPeer | undefined {
  if (negotiated === undefined) return undefined;
  const { address, port } = before?.negotiated ?? {};
  const isSame = address === negotiated.address && port === negotiated.port;
  return { negotiated, learnedPort: isSame ? before?.learnedPort : undefined };
}

/**
 * Whether a packet is the peer's: it comes from the negotiated address and, once one was learned, from
 * that port. Gives the peer as known after it, or undefined for a packet of anybody else.
 */
export function admit(peer: SymmetricPeer | undefined, from: Endpoint): SymmetricPeer | undefined {
  // nobody can be answered at port 0
  if (peer === undefined || from.port === 0) return undefined;
  if (from.address !== peer.negotiated.address) return undefined;
  if (peer.learnedPort === undefined) {
    return { negotiated: peer.negotiated, learnedPort: from.port };
  }
  return peer.learnedPort === from.port ? peer : undefined;
}

/** Where to send to a peer: to the port that it sends from, once that is known. */
export function destinationOf({ negotiated, learnedPort }: SymmetricPeer): Endpoint {
  return { address: negotiated.address, port: learnedPort ?? negotiated.port };
}
