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

interface RunningTimer<T> {
  readonly timer: T;
  readonly cancel: CancelTimer;
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
  /** Most have one timer, for a long time; `#others` are further ones. */
  #timer: T | undefined;
  #cancel: CancelTimer | undefined;
  #others: readonly RunningTimer<T>[] | undefined;
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
    return (this.#timer === undefined ? 0 : 1) + (this.#others?.length ?? 0);
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
    if (this.#timer === undefined) {
      this.#timer = timer;
      this.#cancel = cancel;
    } else this.#others = [...(this.#others ?? []), { timer, cancel }];
  }

  #stop(timer: T): void {
    this.#remove(timer)?.();
  }

  /** @returns what would stop it, where it is set */
  #remove(timer: T): CancelTimer | undefined {
    if (this.#timer === timer) {
      const cancel = this.#cancel;
      this.#timer = undefined;
      this.#cancel = undefined;
      return cancel;
    }
    const found = this.#others?.find((other) => other.timer === timer);
    if (found === undefined) return undefined;
    const others = this.#others?.filter((other) => other !== found);
    this.#others = others?.length === 0 ? undefined : others;
    return found.cancel;
  }
}

function isTimed<T extends string>(effect: { readonly kind: string }): effect is TimedEffect<T> {
  return effect.kind === 'set-timer' || effect.kind === 'cancel-timer';
}
