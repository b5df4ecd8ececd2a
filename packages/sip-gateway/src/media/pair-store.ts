import type { Ipv4Address } from '../address.ts';
import { BoundPair } from './bound-pair.ts';
import type { DatagramPort } from './datagram-port.ts';
import type { PortPool } from './port-pool.ts';
import { bindRefused, portsExhausted } from './relay-refusal.ts';

export interface PairStoreParts {
  readonly network: DatagramPort;
  readonly pool: PortPool;
  /** Local addresses that every pair is bound on. */
  readonly addresses: readonly Ipv4Address[];
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Spare {
  readonly pair: BoundPair;
  readonly sinceMs: number;
}

/** Pairs that others hold are passed over, this many at most. */
const passedOver = 32;
/** Spare pairs at most: with two addresses, four sockets each. */
const maxSpares = 512;
/** Spare pairs closed in one tick: while sockets are closed the packets of calls wait. */
const closedATick = 4;

/**
 * The bound pairs of a relay. A pair is bound when it is first wanted. After its call it rests, bound and deaf; after its quarantine
 * it is a spare, bound still, and the next call takes it with no work for the kernel. A spare that nobody wanted for as long as a
 * quarantine is closed.
 */
export class PairStore {
  readonly #parts: PairStoreParts;
  /** By RTP port. */
  readonly #resting = new Map<number, BoundPair>();
  /** By RTP port, the one that has been spare longest first. */
  readonly #spares = new Map<number, Spare>();

  constructor(parts: PairStoreParts) {
    this.#parts = parts;
  }

  /**
   * A pair that nobody has, bound.
   *
   * @throws GatewayError MediaPortsExhausted, MediaRelayRefused
   */
  async take(): Promise<BoundPair> {
    const { pool, network, addresses, now } = this.#parts;
    const [spare] = this.#spares.values();
    if (spare !== undefined) {
      this.#spares.delete(spare.pair.rtpPort);
      pool.reuse(spare.pair.rtpPort);
      return spare.pair;
    }
    for (let tried = 0; tried < passedOver; tried += 1) {
      const rtpPort = pool.take();
      if (rtpPort === undefined) throw portsExhausted(tried);
      try {
        return await BoundPair.bind(network, addresses, rtpPort);
      } catch (error) {
        pool.rest(rtpPort, now());
        if (!isHeldByOthers(error)) throw bindRefused(rtpPort, error);
      }
    }
    throw portsExhausted(passedOver);
  }

  /** Starts the quarantine of a pair that was taken. */
  rest(pair: BoundPair): void {
    pair.receiver = undefined;
    this.#resting.set(pair.rtpPort, pair);
    this.#parts.pool.rest(pair.rtpPort, this.#parts.now());
  }

  /** To be called every second or so: ends quarantines, closes spares that nobody wants. */
  async tick(): Promise<void> {
    const { pool, now } = this.#parts;
    const nowMs = now();
    for (const rtpPort of pool.wake(nowMs)) {
      const pair = this.#resting.get(rtpPort);
      this.#resting.delete(rtpPort);
      // one that could not be bound has nothing to keep
      if (pair === undefined) pool.free(rtpPort);
      else this.#spares.set(rtpPort, { pair, sinceMs: nowMs });
    }
    const unwanted = [...this.#spares.values()].filter(
      ({ sinceMs }, at) =>
        nowMs - sinceMs >= pool.quarantineMs || at < this.#spares.size - maxSpares,
    );
    await Promise.all(unwanted.slice(0, closedATick).map(({ pair }) => this.#close(pair)));
  }

  /** Closes what is bound and in no call's hands. */
  async close(): Promise<void> {
    const pairs = [
      ...this.#resting.values(),
      ...[...this.#spares.values()].map(({ pair }) => pair),
    ];
    this.#resting.clear();
    this.#spares.clear();
    await Promise.all(pairs.map((pair) => pair.close()));
  }

  async #close(pair: BoundPair): Promise<void> {
    this.#spares.delete(pair.rtpPort);
    await pair.close();
    this.#parts.pool.free(pair.rtpPort);
  }
}

function isHeldByOthers(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'EADDRINUSE';
}
