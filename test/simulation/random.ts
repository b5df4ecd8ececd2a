/** Chance that depends on a seed alone: a 32-bit counter, mixed. */
export class Random {
  #counter: number;

  constructor(seed: number) {
    // near seeds shall not begin alike
    this.#counter = Math.imul(seed ^ (seed >>> 16), 0x9e3779b1) >>> 0;
    for (let turn = 0; turn < 4; turn++) this.next();
  }

  /** From 0 up to 1. */
  next(): number {
    this.#counter = (this.#counter + 0x9e3779b9) >>> 0;
    let mixed = this.#counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to `below`. */
  whole(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(items.length)];
    if (item === undefined) throw new Error('picked from nothing');
    return item;
  }
}
