interface Event {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time. Every timer and every side effect of a simulation is an event here; events run one after the
 * other in the order in which they are due, and between two of them whatever runs in memory runs until it
 * waits again: nothing depends on real time.
 */
export class Scheduler {
  #nowMs = 0;
  #order = 0;
  #ran = 0;
  /** A binary heap, the earliest first. */
  readonly #events: Event[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have run. */
  get ran(): number {
    return this.#ran;
  }

  after(ms: number, run: () => void): void {
    this.#push({ dueMs: this.#nowMs + ms, order: this.#order++, run });
  }

  at(dueMs: number, run: () => void): void {
    this.#push({ dueMs: Math.max(dueMs, this.#nowMs), order: this.#order++, run });
  }

  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Runs every event that is due until then; rejects with what an event throws. */
  runUntil(endMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // Node runs a tick queued from a microtask once no microtask is left
      const soon = (): void => process.nextTick(turn);
      const later = (): void => void settled.then(soon);
      const turn = (): void => {
        const next = this.#events[0];
        if (next === undefined || next.dueMs > endMs) {
          this.#nowMs = endMs;
          resolve();
          return;
        }
        this.#pop();
        this.#nowMs = next.dueMs;
        this.#ran += 1;
        try {
          next.run();
        } catch (error) {
          reject(error);
          return;
        }
        later();
      };
      later();
    });
  }

  #push(event: Event): void {
    const events = this.#events;
    let at = events.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = events[parent];
      if (above === undefined || isBefore(above, event)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let at = 0;
    for (;;) {
      const child = this.#earlierChild(at);
      const below = events[child];
      if (below === undefined || isBefore(last, below)) break;
      events[at] = below;
      at = child;
    }
    events[at] = last;
  }

  #earlierChild(at: number): number {
    const left = this.#events[2 * at + 1];
    const right = this.#events[2 * at + 2];
    return left !== undefined && right !== undefined && isBefore(right, left)
      ? 2 * at + 2
      : 2 * at + 1;
  }
}

/** Its reactions are microtasks, without the context that queueMicrotask of Node keeps for each. */
const settled = Promise.resolve();

function isBefore(a: Event, b: Event): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
