/** What one source tuple sent, as its receiver counts it. */
export interface SourceReport {
  readonly tuple: string;
  readonly received: number;
  /** Numbers between the lowest and the highest seen that never came. */
  readonly missing: number;
  readonly duplicates: number;
  /** Packets whose number is lower than that of an earlier one. */
  readonly reordered: number;
}

interface Source {
  received: number;
  duplicates: number;
  reordered: number;
  highest: number;
  lowest: number;
  readonly numbers: Set<number>;
}

/** Counts datagrams per source tuple. */
export class SourceTally {
  readonly #sources = new Map<string, Source>();

  /** `number`: which one of a numbered run it is, when it says so. */
  count(tuple: string, number: number | undefined): void {
    const source = this.#sources.get(tuple) ?? newSource();
    this.#sources.set(tuple, source);
    source.received += 1;
    if (number === undefined) return;
    if (source.numbers.has(number)) source.duplicates += 1;
    else if (number < source.highest) source.reordered += 1;
    source.numbers.add(number);
    source.highest = Math.max(source.highest, number);
    source.lowest = Math.min(source.lowest, number);
  }

  report(): readonly SourceReport[] {
    return [...this.#sources].map(([tuple, source]) => ({
      tuple,
      received: source.received,
      missing:
        source.numbers.size === 0 ? 0 : source.highest - source.lowest + 1 - source.numbers.size,
      duplicates: source.duplicates,
      reordered: source.reordered,
    }));
  }

  clear(): void {
    this.#sources.clear();
  }
}

function newSource(): Source {
  return {
    received: 0,
    duplicates: 0,
    reordered: 0,
    highest: -1,
    lowest: Number.POSITIVE_INFINITY,
    numbers: new Set(),
  };
}
