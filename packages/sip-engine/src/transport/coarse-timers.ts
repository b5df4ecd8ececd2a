import type { CancelTimer, Clock } from './clock.ts';

/** What falls due at one tick. What ran or was cancelled has left its place empty. */
interface Slot {
  readonly fires: ((() => void) | undefined)[];
  waiting: number;
  readonly stopWaking: CancelTimer;
}

/**
 * Timers that fall due together, at the next tick after their time: late by one tick at most, early only where the clock is that
 * wakes us. A call sets a dozen timers and cancels most, and what is left of it ends 64*T1 later: with a timer of Node for each,
 * a process that has nothing else to do is woken for nearly every one of them.
 */
export class CoarseTimers {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: Map<number, Slot> = new Map<number, Slot>();

  /** @param clock whose `now` never goes back, and which wakes us once for each tick that has timers */
  constructor(clock: Clock, tickMs: number) {
    this.#clock = clock;
    this.#tickMs = tickMs;
  }

  /** As `Clock.setTimer`. */
  setTimer(ms: number, fire: () => void): CancelTimer {
    const nowMs = this.#clock.now();
    const tick = Math.ceil((nowMs + ms) / this.#tickMs);
    const slot = this.#slots.get(tick) ?? this.#open(tick, nowMs);
    const at = slot.fires.push(fire) - 1;
    slot.waiting += 1;
    return () => {
      if (slot.fires[at] === undefined) return;
      slot.fires[at] = undefined;
      slot.waiting -= 1;
      if (slot.waiting > 0) return;
      // nothing is left to wake for
      slot.stopWaking();
      if (this.#slots.get(tick) === slot) this.#slots.delete(tick);
    };
  }

  #open(tick: number, nowMs: number): Slot {
    const stopWaking = this.#clock.setTimer(Math.ceil(tick * this.#tickMs - nowMs), () => {
      this.#slots.delete(tick);
      this.#run(slot, 0);
    });
    const slot: Slot = { fires: [], waiting: 0, stopWaking };
    this.#slots.set(tick, slot);
    return slot;
  }

  /** What throws takes no other timer with it: those go on in a later turn. */
  #run(slot: Slot, from: number): void {
    let at = from;
    try {
      for (; at < slot.fires.length; at += 1) {
        const fire = slot.fires[at];
        if (fire === undefined) continue;
        slot.fires[at] = undefined;
        slot.waiting -= 1;
        fire();
      }
    } finally {
      const next = at + 1;
      if (next < slot.fires.length) this.#clock.setTimer(0, () => this.#run(slot, next));
    }
  }
}
