import type { Clock } from '../identity/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly ring: () => void;
}

/**
 * A Clock for many who wait at once: time stands still while anything runs, and `run` moves it on to the
 * next one who waits, in order. No real time passes.
 */
export class VirtualClock implements Clock {
  readonly #timers: Set<Timer> = new Set();
  readonly #startMs: number;
  #elapsedMs = 0;

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => {
        this.#timers.delete(timer);
        reject(signal?.reason as Error);
      };
      const ring = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const timer: Timer = { atMs: this.#elapsedMs + Math.max(0, ms), ring };
      signal?.addEventListener('abort', leave, { once: true });
      this.#timers.add(timer);
    });
  }

  /** Moves time on until a promise is settled; throws when nobody waits and it is not. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (;;) {
      await allThatCanRun();
      if (isSettled) return promise;
      this.#ringNext();
    }
  }

  #ringNext(): void {
    const [first, ...others] = this.#timers;
    if (first === undefined) throw new Error('nobody waits, and the promise is not settled');
    const next = others.reduce((least, timer) => (timer.atMs < least.atMs ? timer : least), first);
    this.#timers.delete(next);
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
    next.ring();
  }
}

/** Every promise that can be settled without time is, once the event loop has come round. */
function allThatCanRun(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
