const last = 0xffffffff;

/** Sequence numbers: 0 marks notifications, and one that is still in use after a wrap is stepped over. */
export class Sequence {
  #at = 0;

  /** The next number is the one after `sequence`; without this they start at 1. */
  startAfter(sequence: number): void {
    this.#at = sequence;
  }

  /** The first of `count` numbers on end, none of them in use. */
  take(count: number, inUse?: ReadonlyMap<number, unknown>): number {
    let first = this.#at + 1;
    if (first + count - 1 > last) first = 1;
    if (inUse !== undefined && inUse.size > 0) first = stepOver(first, count, inUse);
    this.#at = first + count - 1;
    return first;
  }
}

function stepOver(from: number, count: number, inUse: ReadonlyMap<number, unknown>): number {
  let first = from;
  for (const used of [...inUse.keys()].toSorted((one, other) => one - other)) {
    if (used >= first && used < first + count) first = used + 1;
  }
  return first;
}
