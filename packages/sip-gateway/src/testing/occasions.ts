/** Lets a test wait for what it sees happen: whoever changes something tells, whoever waits looks again. */
export class Occasions {
  #waiting: (() => void)[] = [];

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  /** Resolves with what is found, at once or on a later occasion. */
  async until<T>(found: () => T | undefined | false): Promise<T> {
    for (;;) {
      const value = found();
      if (value !== undefined && value !== false) return value;
      const next = Promise.withResolvers<void>();
      this.#waiting.push(next.resolve);
      await next.promise;
    }
  }
}
