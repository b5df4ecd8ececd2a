const ballast: readonly symbol[] = Array.from({ length: 1_024 }, () => Symbol('ballast'));

/**
 * A map of what comes and goes: few entries at a time, many in all, with nothing kept of those that went.
 *
 * V8 makes a Map a new table each time that entries and the gaps of deleted ones fill it, copies what is there, and has the old
 * table point to the new one, for iterators that are under way. A table that has reached the old space is garbage there until the
 * next full collection, and until then whatever it points to counts as used: the next table, the one after that, and all that was
 * in any of them when it was replaced. With few entries a table is replaced every few dozen, so that many an entry is in one of
 * them, and collections of the young generation carry it over with all that hangs on it. A table that ballast keeps large is
 * replaced once in some three thousand entries.
 */
export class SteadyMap<K, V> extends Map<K, V> {
  constructor(entries: Iterable<readonly [K, V]> = []) {
    super();
    this.#load();
    for (const [key, value] of entries) this.set(key, value);
  }

  override get size(): number {
    return super.size - ballast.length;
  }

  override clear(): void {
    super.clear();
    this.#load();
  }

  override *entries(): MapIterator<[K, V]> {
    // a Map gives its entries in the order in which they came
    let passed = 0;
    for (const entry of super.entries()) {
      if (passed === ballast.length) yield entry;
      else passed += 1;
    }
  }

  override *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  override *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  override forEach(each: (value: V, key: K, map: Map<K, V>) => void, self?: unknown): void {
    for (const [key, value] of this.entries()) each.call(self, value, key, this);
  }

  /** Nobody else has these keys. */
  #load(): void {
    for (const key of ballast) super.set(key as K, undefined as V);
  }
}
