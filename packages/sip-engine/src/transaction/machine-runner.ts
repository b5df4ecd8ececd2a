import type { CancelTimer, Clock } from '../transport/clock.ts';

interface Step<S, E> {
  readonly state: S;
  readonly effects: readonly E[];
}

type TimedEffect<T extends string> =
  | { readonly kind: 'set-timer'; readonly timer: T; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: T };

/**
 * A pure machine, and what to do with the effects that are no timers. The parts may be one value for many runners:
 * each is told the owner of its runner.
 */
export interface MachineParts<S, V, E, T extends string, O = undefined> {
  readonly transition: (state: S, event: V, owner: O) => Step<S, E | TimedEffect<T>>;
  readonly timerEvent: (timer: T) => V;
  readonly carryOut: (effect: E, owner: O) => void;
}

/**
 * The shell of a pure machine: keeps its state and its timers, carries effects out in order. One queue: an event
 * that an effect brings about is handled after the effects of the event before it. There are many of these, for a
 * long time, with one timer each or none: so it holds nothing that it does not need.
 */
export class MachineRunner<
  S extends { readonly kind: string },
  V,
  E extends { readonly kind: string },
  T extends string,
  O = undefined,
> {
  #state: S;
  readonly #parts: MachineParts<S, V, E, T, O>;
  readonly #clock: Clock;
  readonly #owner: O;
  /** Names and their cancellers in turn. */
  #timers: (T | CancelTimer)[] | undefined;
  #queue: V[] | undefined;
  #isBusy = false;

  constructor(clock: Clock, parts: MachineParts<S, V, E, T, O>, initial: S, owner: O) {
    this.#clock = clock;
    this.#parts = parts;
    this.#state = initial;
    this.#owner = owner;
  }

  get state(): S {
    return this.#state;
  }

  get timerCount(): number {
    return (this.#timers?.length ?? 0) / 2;
  }

  /** Carries out the effects of the machine's beginning. */
  begin(effects: readonly (E | TimedEffect<T>)[]): void {
    this.#isBusy = true;
    try {
      this.#carryOutAll(effects);
      this.#drain();
    } finally {
      this.#isBusy = false;
    }
  }

  handle(event: V): void {
    if (this.#isBusy) {
      this.#queue ??= [];
      this.#queue.push(event);
      return;
    }
    this.#isBusy = true;
    try {
      this.#take(event);
      this.#drain();
    } finally {
      this.#isBusy = false;
    }
  }

  #drain(): void {
    for (let next = this.#queue?.shift(); next !== undefined; next = this.#queue?.shift()) {
      this.#take(next);
    }
    this.#queue = undefined;
  }

  #take(event: V): void {
    const step = this.#parts.transition(this.#state, event, this.#owner);
    this.#state = step.state;
    this.#carryOutAll(step.effects);
  }

  #carryOutAll(effects: readonly (E | TimedEffect<T>)[]): void {
    for (const effect of effects) {
      if (isTimed(effect)) this.#setOrCancel(effect);
      else this.#parts.carryOut(effect, this.#owner);
    }
  }

  #setOrCancel(effect: TimedEffect<T>): void {
    const { timer } = effect;
    this.#stop(timer);
    if (effect.kind === 'cancel-timer') return;
    const cancel = this.#clock.setTimer(effect.afterMs, () => {
      this.#remove(timer);
      this.handle(this.#parts.timerEvent(timer));
    });
    // not pushed: that would make room for sixteen more, which is kept as long as the timer
    this.#timers = this.#timers === undefined ? [timer, cancel] : [...this.#timers, timer, cancel];
  }

  #stop(timer: T): void {
    const cancel = this.#remove(timer);
    if (typeof cancel === 'function') cancel();
  }

  #remove(timer: T): T | CancelTimer | undefined {
    const at = this.#timers?.indexOf(timer) ?? -1;
    if (this.#timers === undefined || at < 0) return undefined;
    const [, cancel] = this.#timers.splice(at, 2);
    if (this.#timers.length === 0) this.#timers = undefined;
    return cancel;
  }
}

function isTimed<T extends string>(effect: { readonly kind: string }): effect is TimedEffect<T> {
  return effect.kind === 'set-timer' || effect.kind === 'cancel-timer';
}
