import type { CancelTimer, Clock } from '../transport/clock.ts';

interface Step<S, E> {
  readonly state: S;
  readonly effects: readonly E[];
}

type TimedEffect<T extends string> =
  | { readonly kind: 'set-timer'; readonly timer: T; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: T };

/** A pure machine, and what to do with the effects that are no timers. */
export interface MachineParts<S, V, E, T extends string> {
  readonly transition: (state: S, event: V) => Step<S, E | TimedEffect<T>>;
  readonly timerEvent: (timer: T) => V;
  readonly carryOut: (effect: E) => void;
}

/**
 * The shell of a pure machine: keeps its state and its timers, carries effects out in order. One queue: an event
 * that an effect brings about is handled after the effects of the event before it.
 */
export class MachineRunner<
  S extends { readonly kind: string },
  V,
  E extends { readonly kind: string },
  T extends string,
> {
  #state: S;
  readonly #parts: MachineParts<S, V, E, T>;
  readonly #clock: Clock;
  readonly #timers: Map<T, CancelTimer> = new Map<T, CancelTimer>();
  readonly #queue: V[] = [];
  #isBusy = false;

  constructor(clock: Clock, parts: MachineParts<S, V, E, T>, initial: S) {
    this.#clock = clock;
    this.#parts = parts;
    this.#state = initial;
  }

  get state(): S {
    return this.#state;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Carries out the effects of the machine's beginning. */
  begin(effects: readonly (E | TimedEffect<T>)[]): void {
    this.#isBusy = true;
    this.#carryOutAll(effects);
    this.#drain();
  }

  handle(event: V): void {
    this.#queue.push(event);
    if (!this.#isBusy) this.#drain();
  }

  #drain(): void {
    this.#isBusy = true;
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
        const step = this.#parts.transition(this.#state, event);
        this.#state = step.state;
        this.#carryOutAll(step.effects);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #carryOutAll(effects: readonly (E | TimedEffect<T>)[]): void {
    for (const effect of effects) {
      if (isTimed(effect)) this.#setOrCancel(effect);
      else this.#parts.carryOut(effect);
    }
  }

  #setOrCancel(effect: TimedEffect<T>): void {
    this.#timers.get(effect.timer)?.();
    this.#timers.delete(effect.timer);
    if (effect.kind === 'cancel-timer') return;
    const cancel = this.#clock.setTimer(effect.afterMs, () => {
      this.#timers.delete(effect.timer);
      this.handle(this.#parts.timerEvent(effect.timer));
    });
    this.#timers.set(effect.timer, cancel);
  }
}

function isTimed<T extends string>(effect: { readonly kind: string }): effect is TimedEffect<T> {
  return effect.kind === 'set-timer' || effect.kind === 'cancel-timer';
}
