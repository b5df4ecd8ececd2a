import type { Ipv4Address } from '../../identity/address.ts';
import type { KernelWatch, WatchOptions } from '../../kernel/kernel-port.ts';

/** Who watches a fake namespace: each is told once after any number of changes made in one go. */
export class FakeWatches {
  readonly #open = new Map<() => void, WatchOptions>();
  readonly #due = new Set<() => void>();

  get count(): number {
    return this.#open.size;
  }

  add(onChange: () => void, options: WatchOptions = {}): KernelWatch {
    const told = (): void => onChange();
    this.#open.set(told, options);
    return { close: () => void this.#open.delete(told) };
  }

  /** Tells of a change, later: as a socket does, never within the call that made it. */
  tell(): void {
    this.#tellSoon([...this.#open.keys()]);
  }

  /** Only those who asked for it. */
  tellOfNeighbour(address: Ipv4Address): void {
    const asked = [...this.#open].filter(([, { neighbours }]) => neighbours?.includes(address));
    this.#tellSoon(asked.map(([told]) => told));
  }

  #tellSoon(watches: readonly (() => void)[]): void {
    const isTelling = this.#due.size > 0;
    for (const told of watches) this.#due.add(told);
    if (isTelling || this.#due.size === 0) return;
    queueMicrotask(() => {
      const due = [...this.#due];
      this.#due.clear();
      for (const told of due) if (this.#open.has(told)) told();
    });
  }

  close(): void {
    this.#open.clear();
  }
}
