import type { Mode } from './faults.ts';
import { History } from './history.ts';
import { simulate } from './simulation.ts';
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

const tailLines = 60;

/** Runs it again for its history. */
async function failedSeed(
  seed: number,
  mode: Mode | undefined,
  violations: readonly string[],
): Promise<FailedSeed> {
  const { history, ...again } = await simulate(seed, { mode });
  const isSame = again.violations.join('\n') === violations.join('\n');
  const tail = history.render().slice(-tailLines);
  return { seed, violations: isSame ? violations : [...violations, 'it does not replay'], tail };
}

export async function runSeeds({ first, count, mode }: SeedRange): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = first; seed < first + count; seed++) {
    const history = new History({ isKept: false });
    const { violations, ...result } = await simulate(seed, { mode, history });
    const failed = violations.length === 0 ? [] : [await failedSeed(seed, mode, violations)];
    addTally(tally, {
      ...tally,
      seeds: 1,
      events: result.events,
      simulatedMs: result.simulatedMs,
      faults: result.faults,
      leastFaults: violations.length === 0 ? result.faults : Infinity,
      leastPods: violations.length === 0 ? result.pods : Infinity,
      leastHosts: result.hosts,
      struck: new Map(result.struck),
      excused: new Map(result.excused),
      steps: new Set(result.steps),
      failed,
    });
  }
  return tally;
}
