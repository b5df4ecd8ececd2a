import type { WriterLease } from '../cloud/managed/writer-lease.ts';

/** A lease that a test gives and takes: one holder at a time. */
export class MemoryLease {
  #holder: string | undefined;

  /** Gives it to that one; the one before has it no longer. */
  grantTo(holder: string | undefined): void {
    this.#holder = holder;
  }

  /** As that one sees it. */
  of(holder: string): WriterLease {
    return { isHeld: () => this.#holder === holder };
  }
}
