/** p50 and p99 of a series, in its own unit. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** The value below which `percent` of the values lie (nearest rank); p99 of fewer than 100 is the greatest. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function spreadOf(values: readonly number[]): Spread {
  return { p50: percentile(values, 50), p99: percentile(values, 99) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
