import type { Clock } from '@truetuple/core';
import type { Verb } from './faults.ts';
import type { SimulatedHost } from './simulated-host.ts';
import type { Scheduler } from './scheduler.ts';

/** A process on a host. Killed, it never runs again: no promise of it is settled, its timers are void. */
export class SimulatedProcess {
  readonly name: string;
  readonly host: SimulatedHost;
  phase: Verb;
  /** Until when a fault that struck it may still be felt. */
  disturbedUntilMs = 0;
  readonly #deaths: (() => void)[] = [];
  #isAlive = true;

  constructor(name: string, host: SimulatedHost, phase: Verb) {
    this.name = name;
    this.host = host;
    this.phase = phase;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  onDeath(die: () => void): void {
    this.#deaths.push(die);
  }

  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const die of this.#deaths) die();
  }

  /** Felt until so much later. */
  disturb(untilMs: number): void {
    this.disturbedUntilMs = Math.max(this.disturbedUntilMs, untilMs);
  }

  clock(scheduler: Scheduler): Clock {
    return {
      now: () => Math.floor(startMs + scheduler.nowMs + this.host.clockOffsetMs),
      elapsed: () => scheduler.nowMs,
      wait: (ms, signal) =>
        new Promise((resolve, reject) => {
          signal?.throwIfAborted();
          const abort = (): void => {
            if (this.#isAlive) reject(signal?.reason as Error);
          };
          signal?.addEventListener('abort', abort, { once: true });
          scheduler.after(ms, () => {
            signal?.removeEventListener('abort', abort);
            if (this.#isAlive) resolve();
          });
        }),
    };
  }
}

/** What the wall clocks say when a simulation begins. */
export const startMs: number = Date.UTC(2026, 0, 1);
