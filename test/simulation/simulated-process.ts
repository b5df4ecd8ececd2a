import type { Clock } from '@truetuple/core';
import type { Verb } from './faults.ts';
import type { SimulatedHost } from './simulated-host.ts';
import type { Scheduler } from './scheduler.ts';
import { whenAborted } from './when-aborted.ts';

/** A process on a host. Killed, it never runs again: no promise of it is settled, its timers are void. */
export class SimulatedProcess {
  readonly name: string;
  readonly host: SimulatedHost;
  phase: Verb;
  /** Until when a fault that struck it may still be felt. */
  disturbedUntilMs = 0;
  /** As of when it knows each thing that it reads, by the operation: virtual milliseconds. */
  readonly knowsAsOf: Map<string, number> = new Map();
  /** When each read was answered last. */
  readonly answered: Map<string, number> = new Map();
  /** When a list of live pods last showed it each, by UID. */
  readonly saw: Map<string, number> = new Map();
  /** When a call of it last failed in a way that says nothing. */
  outageMs = -Infinity;
  /** Associations that EC2 answered it with, by allocation. */
  readonly claims: Map<string, string> = new Map();
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

  /** From when on its next describes of addresses show what was so at a time long ago; see `seeAgain`. */
  #sees: { readonly asOfMs: number; times: number } | undefined;

  /** Its next so many describes of addresses show what was so then. */
  seeAgain(asOfMs: number, times: number): void {
    this.#sees = { asOfMs, times };
  }

  /** Its describes show again what any other's do. */
  seeNow(): void {
    this.#sees = undefined;
  }

  /** How far back the describe of addresses that it makes now sees; undefined: as far as any other. */
  seesAgainMs(nowMs: number): number | undefined {
    if (this.#sees === undefined || this.#sees.times <= 0) return undefined;
    this.#sees.times -= 1;
    return nowMs - this.#sees.asOfMs;
  }

  /** A read was answered, with what was so at a time. */
  learn(operation: string, asOfMs: number, nowMs: number): void {
    this.knowsAsOf.set(operation, asOfMs);
    this.answered.set(operation, nowMs);
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
          const settled = signal && whenAborted(signal, abort);
          scheduler.after(ms, () => {
            settled?.();
            if (this.#isAlive) resolve();
          });
        }),
    };
  }
}

/** What the wall clocks say when a simulation begins. */
export const startMs: number = Date.UTC(2026, 0, 1);
