import type { Orphan, Spared } from './plan-reap.ts';

/** Something that looked orphaned in every pass since then. A plain value: another process can go on with it. */
export interface OrphanSighting {
  readonly key: string;
  /** For people. */
  readonly what: string;
  /** Wall clock of the first of these passes, milliseconds since 1970. */
  readonly sinceMs: number;
}

export interface Sighted {
  /** Orphans that looked so for long enough. */
  readonly due: readonly Orphan[];
  readonly waiting: readonly Spared[];
  /** Of every orphan, for the next pass. */
  readonly sightings: readonly OrphanSighting[];
}

/**
 * Tells the orphans that may go from those that wait: one is due when this pass and one at least `graceMs`
 * before saw it, and every pass between them. What a pass does not see begins anew.
 */
export function compareSightings(
  orphans: readonly Orphan[],
  earlier: readonly OrphanSighting[],
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): Sighted {
  const known = new Map(earlier.map((sighting) => [sighting.key, sighting]));
  const sightings = orphans.map(({ key, what }) => {
    const sinceMs = known.get(key)?.sinceMs ?? nowMs;
    // a clock that was set back makes nothing older than it is
    return { key, what, sinceMs: Math.min(sinceMs, nowMs) };
  });
  const ageOf = new Map(sightings.map(({ key, sinceMs }) => [key, nowMs - sinceMs]));
  const isDue = ({ key }: Orphan): boolean => (ageOf.get(key) ?? 0) >= graceMs;
  return {
    due: orphans.filter(isDue),
    waiting: orphans
      .filter((orphan) => !isDue(orphan))
      .map(({ key, what }) => ({
        what,
        why: `it has looked orphaned for ${(ageOf.get(key) ?? 0) / 1000} of ${graceMs / 1000} s`,
      })),
    sightings,
  };
}
