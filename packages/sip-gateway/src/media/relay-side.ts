import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import type { BoundPair, Component } from './bound-pair.ts';
import type { LegName } from './media-relay.ts';
import type { RelayStream } from './relay-turn.ts';
import {
  admit,
  destinationOf,
  relearn,
  renegotiate,
  type SymmetricPeer,
} from './symmetric-peer.ts';

/** More than this waiting in a socket's send queue, and packets are dropped instead of kept. */
const queueLimitBytes = 256 * 1024;

/** RTCP comes every 5 seconds or so by itself (RFC 3550, section 6.2), and pauses for longer. */
const patience: Readonly<Record<Component, number>> = { rtp: 1, rtcp: 3 };

/** When a peer describes itself, and for how long a port has to be silent until its peer may have moved away from it. */
export interface RelearnTimes {
  readonly nowMs: number;
  readonly silenceMs: number;
}

/** What one leg of one stream has: a pair of ports, its peer, and what came from it. */
export class RelaySide {
  readonly leg: LegName;
  readonly pair: BoundPair;
  /** Our address as this leg was told it. */
  readonly advertised: Ipv4Address;
  /** Whether this leg means to send. */
  sends = false;
  started = false;
  packets = 0;
  bytes = 0;
  dropped = 0;
  /** What this leg offered last: it holds once that is answered. */
  pending: { readonly stream: RelayStream | undefined } | undefined;
  #peers: Record<Component, SymmetricPeer | undefined> = { rtp: undefined, rtcp: undefined };
  /** Packets were taken since the last tick. */
  readonly #isHeard: Record<Component, boolean> = { rtp: false, rtcp: false };
  /** The last tick that packets were taken before. */
  readonly #heardAtMs: Record<Component, number> = { rtp: 0, rtcp: 0 };
  /** It holds with c=0.0.0.0: it may send, and gets nothing. */
  #isDeaf = false;

  constructor(parts: {
    readonly leg: LegName;
    readonly pair: BoundPair;
    readonly advertised: Ipv4Address;
  }) {
    this.leg = parts.leg;
    this.pair = parts.pair;
    this.advertised = parts.advertised;
  }

  /** From now on this is the peer: an undefined stream gets nothing and is heard by nobody, one held with c=0.0.0.0 is heard where it was. */
  negotiate(stream: RelayStream | undefined, { nowMs, silenceMs }: RelearnTimes): void {
    this.sends = stream?.sends ?? false;
    const wasDeaf = this.#isDeaf;
    this.#isDeaf = this.sends && stream?.rtp === undefined;
    if (this.#isDeaf) return;
    const negotiated = (component: Component): SymmetricPeer | undefined => {
      const before = wasDeaf ? undefined : this.#peers[component];
      const heardAtMs = this.#isHeard[component] ? nowMs : this.#heardAtMs[component];
      const from = this.sends ? heardAtMs + silenceMs * patience[component] : undefined;
      return renegotiate(before, stream?.[component], from);
    };
    this.#peers = { rtp: negotiated('rtp'), rtcp: negotiated('rtcp') };
  }

  get hasPeer(): boolean {
    return !this.#isDeaf && this.#peers.rtp !== undefined;
  }

  /** Whether a packet was taken since this was last asked. */
  heardUntil(nowMs: number): boolean {
    const isHeard = this.#isHeard.rtp || this.#isHeard.rtcp;
    if (this.#isHeard.rtp) this.#heardAtMs.rtp = nowMs;
    if (this.#isHeard.rtcp) this.#heardAtMs.rtcp = nowMs;
    this.#isHeard.rtp = false;
    this.#isHeard.rtcp = false;
    return isHeard;
  }

  /**
   * A packet that came to this side's ports: true when it is the peer's.
   *
   * @param now monotonic milliseconds; asked for only where another port may be learned
   */
  take(component: Component, bytes: Uint8Array, from: Endpoint, now: () => number): boolean {
    const known = this.#peers[component];
    let peer = admit(known, from);
    if (peer === undefined && known?.relearnFromMs !== undefined)
      peer = relearn(known, from, now());
    if (peer === undefined) {
      this.dropped += 1;
      return false;
    }
    this.#peers[component] = peer;
    this.#isHeard[component] = true;
    this.packets += 1;
    this.bytes += bytes.length;
    return true;
  }

  /** Sends to this side's peer by the socket that it expects; false when it has to be dropped. */
  give(component: Component, bytes: Uint8Array): boolean {
    const peer = this.#peers[component];
    if (peer === undefined || this.#isDeaf) return false;
    const socket = this.pair.socket(component, peer.negotiated.bind);
    if (socket === undefined || socket.queuedBytes() > queueLimitBytes) return false;
    socket.send(bytes, destinationOf(peer));
    return true;
  }
}
