import type { Mode } from './faults.ts';
import { History } from './history.ts';
import { simulate } from './simulation.ts';
import { addTally, emptyTally, type FailedSeed, type SeedRange, type Tally } from './tally.ts';

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
  const begun = process.cpuUsage();
  for (let seed = first; seed < first + count; seed++) {
    const history = new History({ isKept: false });
    const { violations, ...result } = await simulate(seed, { mode, history });
    const failed = violations.length === 0 ? [] : [await failedSeed(seed, mode, violations)];
    addTally(tally, {
      ...tally,
      processorMs: 0,
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
  const { user, system } = process.cpuUsage(begun);
  tally.processorMs = (user + system) / 1000;
  return tally;
}
