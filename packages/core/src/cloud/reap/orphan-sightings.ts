import type { Orphan, Spared } from './plan-reap.ts';

/** Something that looked orphaned in every pass since then. A plain value: another process can go on with it. */
export interface OrphanSighting {
  readonly key: string;
  /** For people. */
  readonly what: string;
  /** Wall clock of the first of these passes, milliseconds since 1970. */
  readonly sinceMs: number;
  /** The same by the monotonic clock of the process that saw it last, which nobody sets. */
  readonly elapsed: { readonly clock: string; readonly sinceMs: number };
  /** In how many of these passes it could not be taken away; absent: in none. */
  readonly failures?: number;
}

/** When a pass is, by both clocks. */
export interface PassTime {
  readonly nowMs: number;
  readonly elapsedMs: number;
  /** Names the monotonic clock: another process has another one. */
  readonly clock: string;
}

export interface Sighted {
  /** Orphans that looked so for long enough; first those that could be taken away, or were not tried. */
  readonly due: readonly Orphan[];
  readonly waiting: readonly Spared[];
  /** Of every orphan, for the next pass. */
  readonly sightings: readonly OrphanSighting[];
}

/**
 * Tells the orphans that may go from those that wait: one is due when this pass and one at least `graceMs`
 * before saw it, and every pass between them. What a pass does not see begins anew. Within one process the
 * monotonic clock tells how long; only between two the wall clock does.
 */
export function compareSightings(
  orphans: readonly Orphan[],
  earlier: readonly OrphanSighting[],
  time: PassTime,
  graceMs: number,
): Sighted {
  const known = new Map(earlier.map((sighting) => [sighting.key, sighting]));
  const sightings = orphans.map(({ key, what }) => {
    const ageMs = ageOf(known.get(key), time);
    const elapsed = { clock: time.clock, sinceMs: time.elapsedMs - ageMs };
    const failures = known.get(key)?.failures ?? 0;
    return { key, what, sinceMs: time.nowMs - ageMs, elapsed, ...(failures > 0 && { failures }) };
  });
  const ages = new Map(sightings.map(({ key, sinceMs }) => [key, time.nowMs - sinceMs]));
  const failuresOf = ({ key }: Orphan): number => known.get(key)?.failures ?? 0;
  const isDue = ({ key }: Orphan): boolean => (ages.get(key) ?? 0) >= graceMs;
  return {
    due: orphans.filter(isDue).toSorted((a, b) => failuresOf(a) - failuresOf(b)),
    waiting: orphans
      .filter((orphan) => !isDue(orphan))
      .map(({ key, what }) => ({
        what,
        why: `it has looked orphaned for ${(ages.get(key) ?? 0) / 1000} of ${graceMs / 1000} s`,
      })),
    sightings,
  };
}

function ageOf(known: OrphanSighting | undefined, { nowMs, elapsedMs, clock }: PassTime): number {
  if (known === undefined) return 0;
  const isSameClock = known.elapsed.clock === clock;
  const ageMs = isSameClock ? elapsedMs - known.elapsed.sinceMs : nowMs - known.sinceMs;
  // a wall clock that was set back makes nothing older than it is
  return Math.max(0, ageMs);
}
