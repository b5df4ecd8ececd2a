import type { Ipv4Address } from '../address.ts';
import type { ToldStreams } from '../sdp/describe-for-leg.ts';
import type { DatagramPort } from './datagram-port.ts';
import type { CallMedia, LegMedia, LegName, MediaEvent, RelayCounts } from './media-relay.ts';
import { openStream } from './open-stream.ts';
import { PairStore } from './pair-store.ts';
import type { PortPool } from './port-pool.ts';
import { pathMismatch, unknownCall } from './relay-refusal.ts';
import type { RelaySide } from './relay-side.ts';
import { otherLeg, type RelayStream, type RelayTurn } from './relay-turn.ts';

export interface RelayEngineParts {
  readonly network: DatagramPort;
  readonly pool: PortPool;
  /** Local addresses that every pair is bound on. */
  readonly addresses: readonly Ipv4Address[];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Silence of both legs after which media-timed-out is said. */
  readonly mediaTimeoutMs: number;
  /** The same while no stream goes both ways: whoever holds may say that it sends, and send nothing. */
  readonly holdTimeoutMs: number;
  readonly emit: (event: MediaEvent) => void;
}

export type StreamSides = Readonly<Record<LegName, RelaySide>>;

interface RelayedCall {
  /** By the index of the m= line. */
  readonly streams: Map<number, StreamSides>;
  heardAtMs: number;
  silent: boolean;
}

/** How long a port has to be silent until another one of the same address may be learned, once its peer has described itself again. */
const peerSilenceMs = 5_000;

/**
 * The calls of one relay and their packets. It opens, negotiates and releases in the order it was asked to, one act at
 * a time, so that an act never meets another's half-opened ports. Of what it holds, everything is bounded by the range of ports.
 */
export class RelayEngine {
  readonly #parts: RelayEngineParts;
  readonly #store: PairStore;
  readonly #calls = new Map<string, RelayedCall>();
  /** What the released calls had counted. */
  #past: CallMedia = noMedia;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: RelayEngineParts) {
    this.#parts = parts;
    this.#store = new PairStore(parts);
  }

  /** @throws GatewayError MediaPortsExhausted, MediaPathMismatch, MediaRelayRefused */
  offer(turn: RelayTurn): Promise<ToldStreams> {
    return this.#inTurn(() => this.#offer(turn));
  }

  /** @throws GatewayError MediaCallUnknown, MediaPathMismatch */
  answer(turn: RelayTurn): Promise<ToldStreams> {
    return this.#inTurn(async () => this.#answer(turn));
  }

  release(callId: string): Promise<void> {
    return this.#inTurn(async () => {
      const call = this.#calls.get(callId);
      this.#calls.delete(callId);
      if (call === undefined) return;
      this.#past = mediaOf([call], this.#past);
      this.#rest([...call.streams.values()]);
    });
  }

  statistics(callId: string): CallMedia | undefined {
    const call = this.#calls.get(callId);
    return call === undefined ? undefined : mediaOf([call], noMedia);
  }

  counts(): Omit<RelayCounts, 'nice' | 'realtimePriority'> {
    const { free, taken, resting } = this.#parts.pool.counts();
    return {
      calls: this.#calls.size,
      pairs: { free, inUse: taken, resting },
      media: mediaOf([...this.#calls.values()], this.#past),
    };
  }

  /** To be called every second or so: ends quarantines, notices silence. */
  tick(): Promise<void> {
    this.#noticeSilence();
    return this.#inTurn(() => this.#store.tick());
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const call of this.#calls.values()) this.#rest([...call.streams.values()]);
      this.#calls.clear();
      await this.#store.close();
    });
  }

  async #offer(turn: RelayTurn): Promise<ToldStreams> {
    const call: RelayedCall = this.#calls.get(turn.callId) ?? {
      streams: new Map(),
      heardAtMs: this.#parts.now(),
      silent: false,
    };
    for (const [at, stream] of turn.streams.entries()) {
      requireSamePath(call.streams.get(at)?.[turn.from], stream);
    }
    await this.#openStreams(turn, call);
    this.#calls.set(turn.callId, call);
    for (const [at, sides] of call.streams) {
      sides[turn.from].pending = { stream: turn.streams[at] };
    }
    return toldTo(otherLeg(turn.from), call, turn);
  }

  #answer(turn: RelayTurn): ToldStreams {
    const call = this.#calls.get(turn.callId);
    if (call === undefined) throw unknownCall(turn.callId);
    for (const [at, sides] of call.streams) {
      requireSamePath(sides[turn.from], turn.streams[at]);
    }
    const nowMs = this.#parts.now();
    const silenceMs = Math.min(peerSilenceMs, this.#parts.mediaTimeoutMs);
    const times = { nowMs, silenceMs };
    for (const [at, sides] of call.streams) {
      const [answerer, offerer] = [sides[turn.from], sides[otherLeg(turn.from)]];
      const answered = turn.streams[at];
      answerer.negotiate(answered, times);
      if (answered === undefined) offerer.negotiate(undefined, times);
      else if (offerer.pending !== undefined) offerer.negotiate(offerer.pending.stream, times);
    }
    call.heardAtMs = nowMs;
    call.silent = false;
    return toldTo(otherLeg(turn.from), call, turn);
  }

  /** Opens the streams that the call has not yet; all of them, or none. */
  async #openStreams(turn: RelayTurn, call: RelayedCall): Promise<void> {
    const opened = new Map<number, StreamSides>();
    try {
      for (const [at, stream] of turn.streams.entries()) {
        if (stream === undefined || call.streams.has(at)) continue;
        const advertised = {
          [turn.from]: stream.advertised,
          [otherLeg(turn.from)]: turn.towards,
        } as Record<LegName, Ipv4Address>;
        opened.set(at, await openStream(this.#store, advertised, this.#receiver(turn.callId)));
      }
    } catch (error) {
      this.#rest([...opened.values()]);
      throw error;
    }
    for (const [at, sides] of opened) call.streams.set(at, sides);
  }

  #receiver(callId: string): Parameters<typeof openStream>[2] {
    return ({ side, other }, component, bytes, from) => {
      if (!side.take(component, bytes, from, this.#parts.now)) return;
      if (!side.started && component === 'rtp') {
        side.started = true;
        this.#parts.emit({ kind: 'media-started', callId, leg: side.leg });
      }
      if (!other.give(component, bytes)) side.dropped += 1;
    };
  }

  #noticeSilence(): void {
    const now = this.#parts.now();
    for (const [callId, call] of this.#calls) {
      const streams = [...call.streams.values()];
      const sides = streams.flatMap(({ a, b }) => [a, b]);
      const heard = sides.filter((side) => side.heardUntil(now)).length > 0;
      if (heard || !sides.some(isToSend)) {
        call.heardAtMs = now;
        call.silent = false;
      } else if (!call.silent && now - call.heardAtMs >= this.#patienceMs(streams)) {
        call.silent = true;
        this.#parts.emit({ kind: 'media-timed-out', callId });
      }
    }
  }

  #patienceMs(streams: readonly StreamSides[]): number {
    const { mediaTimeoutMs, holdTimeoutMs } = this.#parts;
    const isBothWays = streams.some(({ a, b }) => isToSend(a) && isToSend(b));
    return isBothWays ? mediaTimeoutMs : holdTimeoutMs;
  }

  #rest(streams: readonly StreamSides[]): void {
    for (const side of streams.flatMap(({ a, b }) => [a, b])) {
      this.#store.rest(side.pair);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(act);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

function isToSend({ sends, hasPeer }: RelaySide): boolean {
  return sends && hasPeer;
}

function toldTo(leg: LegName, call: RelayedCall, { streams }: RelayTurn): ToldStreams {
  return streams.map((stream, at) => {
    const side = call.streams.get(at)?.[leg];
    if (stream === undefined || side === undefined) return undefined;
    return { address: side.advertised, port: side.pair.rtpPort };
  });
}

/** A peer that was told one address sends there: media by another path would show it another tuple. */
function requireSamePath(side: RelaySide | undefined, stream: RelayStream | undefined): void {
  if (side === undefined || stream === undefined || !stream.certain) return;
  if (side.advertised !== stream.advertised) throw pathMismatch(side.advertised, stream);
}

const nothing: LegMedia = { packets: 0, bytes: 0, dropped: 0 };
const noMedia: CallMedia = { a: nothing, b: nothing };

/** What these calls have counted, on top of what was before. */
function mediaOf(calls: readonly RelayedCall[], before: CallMedia): CallMedia {
  const streams = calls.flatMap((call) => [...call.streams.values()]);
  return {
    a: sumOf([before.a, ...streams.map(({ a }) => a)]),
    b: sumOf([before.b, ...streams.map(({ b }) => b)]),
  };
}

function sumOf(parts: readonly LegMedia[]): LegMedia {
  const sum = (field: keyof LegMedia): number =>
    parts.reduce((total, part) => total + part[field], 0);
  return { packets: sum('packets'), bytes: sum('bytes'), dropped: sum('dropped') };
}
