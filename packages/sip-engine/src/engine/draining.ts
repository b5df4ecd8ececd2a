import type { Clock } from '../transport/clock.ts';

/** The last part of an engine's life: no new calls, and word when the last one is over. */
export class Draining {
  readonly #isIdle: () => boolean;
  #waiting: (() => void)[] = [];
  #hasBegun = false;

  /** @param isIdle whether no call is left, nor one that may become one */
  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
  }

  /** Begins, and resolves when the engine is idle. */
  async end(): Promise<void> {
    this.begin();
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** The same, within this time at most. */
  async endWithin(clock: Clock, ms: number): Promise<void> {
    if (this.#isIdle()) return;
    const late = Promise.withResolvers<void>();
    const cancel = clock.setTimer(ms, () => late.resolve());
    await Promise.race([this.end(), late.promise]);
    cancel();
  }

  /** Something is over: perhaps it was the last. */
  check(): void {
    if (this.#waiting.length === 0 || !this.#isIdle()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
