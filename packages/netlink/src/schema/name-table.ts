/** Turns a constant table round: value to name. */
export function namesOf<K extends string>(
  table: Readonly<Record<K, number>>,
): ReadonlyMap<number, K> {
  return new Map(Object.entries(table).map(([name, value]) => [value as number, name as K]));
}

/** The names of the bits set in `flags`. */
export function flagNames<K extends string>(
  table: Readonly<Record<K, number>>,
  flags: number,
): readonly K[] {
  if (flags === 0) return none;
  return (Object.keys(table) as K[]).filter((name) => (flags & table[name]) !== 0);
}

const none: readonly never[] = [];
