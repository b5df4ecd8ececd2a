import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import type { BoundPair, Component } from './bound-pair.ts';
import type { LegName } from './media-relay.ts';
import type { RelayStream } from './relay-turn.ts';
import { admit, destinationOf, renegotiate, type SymmetricPeer } from './symmetric-peer.ts';

/** More than this waiting in a socket's send queue, and packets are dropped instead of kept. */
const queueLimitBytes = 256 * 1024;

/** What one leg of one stream has: a pair of ports, its peer, and what came from it. */
export class RelaySide {
  readonly leg: LegName;
  readonly pair: BoundPair;
  /** Our address as this leg was told it. */
  readonly advertised: Ipv4Address;
  /** Whether this leg means to send. */
  sends = false;
  /** Whether a packet was taken since it was last set to false. */
  heard = false;
  started = false;
  packets = 0;
  bytes = 0;
  dropped = 0;
  /** What this leg offered last: it holds once that is answered. */
  pending: { readonly stream: RelayStream | undefined } | undefined;
  #peers: Record<Component, SymmetricPeer | undefined> = { rtp: undefined, rtcp: undefined };

  constructor(parts: {
    readonly leg: LegName;
    readonly pair: BoundPair;
    readonly advertised: Ipv4Address;
  }) {
    this.leg = parts.leg;
    this.pair = parts.pair;
    this.advertised = parts.advertised;
  }

  /** From now on this is the peer: undefined or held streams get nothing and are heard by nobody. */
  negotiate(stream: RelayStream | undefined): void {
    this.sends = stream?.sends ?? false;
    this.#peers = {
      rtp: renegotiate(this.#peers.rtp, stream?.rtp),
      rtcp: renegotiate(this.#peers.rtcp, stream?.rtcp),
    };
  }

  get hasPeer(): boolean {
    return this.#peers.rtp !== undefined;
  }

  /** A packet that came to this side's ports: true when it is the peer's. */
  take(component: Component, bytes: Uint8Array, from: Endpoint): boolean {
    const peer = admit(this.#peers[component], from);
    if (peer === undefined) {
      this.dropped += 1;
      return false;
    }
    this.#peers[component] = peer;
    this.heard = true;
    this.packets += 1;
    this.bytes += bytes.length;
    return true;
  }

  /** Sends to this side's peer by the socket that it expects; false when it has to be dropped. */
  give(component: Component, bytes: Uint8Array): boolean {
    const peer = this.#peers[component];
    if (peer === undefined) return false;
    const socket = this.pair.socket(component, peer.negotiated.bind);
    if (socket === undefined || socket.queuedBytes() > queueLimitBytes) return false;
    socket.send(bytes, destinationOf(peer));
    return true;
  }
}
