const ballastSize = 1_024;

/**
 * A map of what comes and goes: few entries at a time, many in all, with nothing kept of those that went.
 *
 * V8 makes a Map a new table each time that entries and the gaps of deleted ones fill it, copies what is there, and has the old
 * table point to the new one, for iterators that are under way. A table that has reached the old space is garbage there until the
 * next full collection, and until then whatever it points to counts as used: the next table, the one after that, and all that was
 * in any of them when it was replaced. With few entries a table is replaced every few dozen, so that many an entry is in one of
 * them, and collections of the young generation carry it over with all that hangs on it. A table that ballast keeps large is
 * replaced once in some three thousand entries.
 * K = no symbol: those are the ballast.
 */
export class SteadyMap<K extends string | object, V> {
  readonly #entries: Map<K | symbol, V | undefined> = new Map<K | symbol, V | undefined>();

  constructor() {
    for (let count = 0; count < ballastSize; count += 1) {
      this.#entries.set(Symbol('ballast'), undefined);
    }
  }

  get size(): number {
    return this.#entries.size - ballastSize;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value);
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** In the order in which their keys came. */
  values(): V[] {
    const values: V[] = [];
    for (const [key, value] of this.#entries) {
      // as in a Map, a value may be undefined: the key tells
      if (typeof key !== 'symbol') values.push(value as V);
    }
    return values;
  }
}
