import type { CancelTimer, Clock } from '../transport/clock.ts';

interface FakeTimer {
  readonly dueMs: number;
  /** Order of setting, for timers due at the same time. */
  readonly order: number;
  readonly fire: () => void;
}

/** A Clock that moves only when it is told to. Timers run in order of time, then in order of setting. */
export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new Set<FakeTimer>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, fire: () => void): CancelTimer {
    const timer: FakeTimer = { dueMs: this.#nowMs + Math.max(0, ms), order: this.#order, fire };
    this.#order += 1;
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers set, neither run nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on; runs every timer that falls due on the way, those set meanwhile included. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.#runNext(untilMs));
    this.#nowMs = untilMs;
  }

  /**
   * As `advance`, but lets everything that waits in the event loop (promises, setImmediate) run before the first timer
   * and after each one: for code between the timers that is not synchronous. It spends no real time.
   */
  async advanceSettled(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    while (this.#runNext(untilMs)) await settle();
    this.#nowMs = untilMs;
  }

  #runNext(untilMs: number): boolean {
    let next: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      const isSooner =
        next === undefined ||
        timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order);
      if (isSooner) next = timer;
    }
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#nowMs = next.dueMs;
    next.fire();
    return true;
  }
}

/** A few turns of the event loop: a frame between two ends takes one turn for each end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
