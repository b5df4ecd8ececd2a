import type { KernelWatch } from '../../kernel/kernel-port.ts';

/** Who watches a fake namespace: each is told once after any number of changes made in one go. */
export class FakeWatches {
  readonly #open = new Set<() => void>();
  #isTelling = false;

  get count(): number {
    return this.#open.size;
  }

  add(onChange: () => void): KernelWatch {
    const told = (): void => onChange();
    this.#open.add(told);
    return { close: () => void this.#open.delete(told) };
  }

  /** Tells of a change, later: as a socket does, never within the call that made it. */
  tell(): void {
    if (this.#isTelling || this.#open.size === 0) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      for (const told of this.#open) told();
    });
  }

  close(): void {
    this.#open.clear();
  }
}
