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
  /**
   * Set by the first packet: symmetric RTP (RFC 4961) behind a port-changing NAT. From then on only the negotiated port itself can take its
   * place, and another one where `relearnFromMs` allows it.
   */
  readonly learnedPort: number | undefined;
  /** The port that it sent from before it negotiated this one: what is under way from there must not be learned. */
  readonly formerPort: number | undefined;
  /**
   * When another port of its address may be learned in the place of the learned one, since the NAT may have given it another: once after each
   * description of its own that means to send, and not while the learned one sends. Monotonic milliseconds.
   */
  readonly relearnFromMs: number | undefined;
}

/**
 * The peer of a new description; what was learned stays when the endpoint is the old one, and counts as former when only its port is new.
 *
 * @param relearnFromMs when its learned port has been silent for long enough; undefined: it does not mean to send
 */
export function renegotiate(
  before: SymmetricPeer | undefined,
  negotiated: PeerEndpoint | undefined,
  relearnFromMs: number | undefined,
): SymmetricPeer | undefined {
  if (negotiated === undefined) return undefined;
  if (before?.negotiated.address !== negotiated.address) {
    return unlearned(negotiated, undefined);
  }
  if (before.negotiated.port === negotiated.port) return { ...before, negotiated, relearnFromMs };
  return unlearned(negotiated, before.learnedPort ?? before.negotiated.port);
}

function unlearned(negotiated: PeerEndpoint, formerPort: number | undefined): SymmetricPeer {
  return { negotiated, learnedPort: undefined, formerPort, relearnFromMs: undefined };
}

/**
 * Whether a packet is the peer's: it comes from the negotiated address and, once a port was learned, from that one or
 * the negotiated. Gives the peer as known after it, or undefined for a packet of anybody else.
 */
export function admit(peer: SymmetricPeer | undefined, from: Endpoint): SymmetricPeer | undefined {
  // nobody can be answered at port 0
  if (peer === undefined || from.port === 0) return undefined;
  const { negotiated, learnedPort, formerPort, relearnFromMs } = peer;
  if (from.address !== negotiated.address) return undefined;
  if (learnedPort === from.port) {
    return relearnFromMs === undefined ? peer : { ...peer, relearnFromMs: undefined };
  }
  // of a peer that has changed its port: taken, and not answered there
  if (learnedPort === undefined && formerPort === from.port) return peer;
  if (learnedPort !== undefined && negotiated.port !== from.port) return undefined;
  return { negotiated, learnedPort: from.port, formerPort, relearnFromMs: undefined };
}

/** The peer after a packet that is not admitted, but comes from its address when another port may be learned; undefined otherwise. */
export function relearn(
  peer: SymmetricPeer,
  from: Endpoint,
  nowMs: number,
): SymmetricPeer | undefined {
  const { negotiated, formerPort, relearnFromMs } = peer;
  if (relearnFromMs === undefined || nowMs < relearnFromMs) return undefined;
  if (from.address !== negotiated.address || from.port === 0) return undefined;
  return { negotiated, learnedPort: from.port, formerPort, relearnFromMs: undefined };
}

/** Where to send to a peer: to the port that it sends from, once that is known. */
export function destinationOf({ negotiated, learnedPort }: SymmetricPeer): Endpoint {
  return { address: negotiated.address, port: learnedPort ?? negotiated.port };
}
