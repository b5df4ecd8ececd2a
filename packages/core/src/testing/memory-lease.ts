import type { WriterLease } from '../cloud/managed/writer-lease.ts';

/** A lease that a test gives and takes: one holder at a time. */
export class MemoryLease {
  #holder: string | undefined;
  #granted = Promise.withResolvers<void>();

  /** Gives it to that one; the one before has it no longer. */
  grantTo(holder: string | undefined): void {
    this.#holder = holder;
    this.#granted.resolve();
    this.#granted = Promise.withResolvers();
  }

  /** As that one sees it. */
  of(holder: string): WriterLease {
    const isHeld = (): boolean => this.#holder === holder;
    return {
      isHeld,
      whenHeld: async (signal) => {
        const aborted = Promise.withResolvers<never>();
        const abort = (): void => aborted.reject(signal.reason);
        signal.throwIfAborted();
        signal.addEventListener('abort', abort, { once: true });
        try {
          while (!isHeld()) await Promise.race([this.#granted.promise, aborted.promise]);
        } finally {
          signal.removeEventListener('abort', abort);
        }
      },
    };
  }
}
