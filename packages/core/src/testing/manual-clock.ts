// not the global one, which a test runner's fake timers put another in the place of
import { setImmediate } from 'node:timers';
import type { Clock } from '../identity/clock.ts';
import { putLateParts } from '../late-parts.ts';
import { loadedParts } from './loaded-parts.ts';

// what loads later would take real time, in which none of this clock passes
putLateParts(loadedParts);

interface Wait {
  readonly dueMs: number;
  readonly resolve: () => void;
}

/** A Clock whose waits end only when time is advanced past them, in the order in which they are due. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #originMs: number;
  readonly #waits = new Set<Wait>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#originMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#nowMs - this.#originMs;
  }

  /** How many waits have neither ended nor been aborted: after a close there shall be none. */
  get waiting(): number {
    return this.#waits.size;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const wait: Wait = { dueMs: this.#nowMs + ms, resolve };
    const abort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    this.#waits.add(wait);
    try {
      await promise;
    } finally {
      this.#waits.delete(wait);
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Moves time on, from wait to wait; before each and at the end whatever runs in memory runs until it
   * waits again.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.dueMs > endMs) break;
      await this.#end(next);
    }
    this.#nowMs = endMs;
  }

  /** Moves time on, from wait to wait, until a promise is settled; throws when nobody waits and it is not. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    const outcome = { isSettled: false };
    const settled = (): void => {
      outcome.isSettled = true;
    };
    promise.then(settled, settled);
    await this.settle();
    while (!outcome.isSettled) {
      const next = this.#earliest();
      if (next === undefined) throw new Error('nobody waits, and the promise is not settled');
      await this.#end(next);
    }
    return promise;
  }

  #earliest(): Wait | undefined {
    const [first, ...others] = this.#waits;
    if (first === undefined) return undefined;
    return others.reduce((least, wait) => (wait.dueMs < least.dueMs ? wait : least), first);
  }

  async #end(wait: Wait): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, wait.dueMs);
    this.#waits.delete(wait);
    wait.resolve();
    await this.settle();
  }

  /** Lets whatever runs in memory run until it waits, without moving time. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
