// not the global one, which a test runner's fake timers put another in the place of
import { setImmediate } from 'node:timers';
import type { Clock } from '../identity/clock.ts';

/** A Clock that moves only when it is told to, or when somebody waits on it. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #originMs: number;

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

  /** Moves time on by that much at once, and resolves when all else has had its turn: a keep, which waits for ever, starves nobody. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#nowMs += ms;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    signal?.throwIfAborted();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
