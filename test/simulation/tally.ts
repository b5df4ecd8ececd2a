import type { Mode } from './faults.ts';
import type { Excuse } from './world.ts';

/** Seeds one after the other. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** Default: as each seed says. */
  readonly mode?: Mode | undefined;
}

export interface FailedSeed {
  readonly seed: number;
  readonly violations: readonly string[];
  /** The end of its history. */
  readonly tail: readonly string[];
}

/** What came of many seeds; adds up. */
export interface Tally {
  seeds: number;
  events: number;
  simulatedMs: number;
  /** Milliseconds of processor time that the seeds took. */
  processorMs: number;
  faults: number;
  leastFaults: number;
  leastPods: number;
  leastHosts: number;
  /** How often each cell was struck, by its key. */
  readonly struck: Map<string, number>;
  /** How many things were not judged, by why. */
  readonly excused: Map<Excuse, number>;
  /** Every side effect that was seen. */
  readonly steps: Set<string>;
  readonly failed: FailedSeed[];
}

export function emptyTally(): Tally {
  return {
    seeds: 0,
    events: 0,
    simulatedMs: 0,
    processorMs: 0,
    faults: 0,
    leastFaults: Infinity,
    leastPods: Infinity,
    leastHosts: Infinity,
    struck: new Map(),
    excused: new Map(),
    steps: new Set(),
    failed: [],
  };
}

export function addTally(to: Tally, more: Tally): void {
  to.seeds += more.seeds;
  to.events += more.events;
  to.simulatedMs += more.simulatedMs;
  to.processorMs += more.processorMs;
  to.faults += more.faults;
  to.leastFaults = Math.min(to.leastFaults, more.leastFaults);
  to.leastPods = Math.min(to.leastPods, more.leastPods);
  to.leastHosts = Math.min(to.leastHosts, more.leastHosts);
  addCounts(to.struck, more.struck);
  addCounts(to.excused, more.excused);
  for (const step of more.steps) to.steps.add(step);
  to.failed.push(...more.failed);
}

function addCounts<Key>(to: Map<Key, number>, more: ReadonlyMap<Key, number>): void {
  for (const [key, times] of more) to.set(key, (to.get(key) ?? 0) + times);
}
