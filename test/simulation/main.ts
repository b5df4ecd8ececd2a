// npm run simulate -- --seeds N | --seed S
import { startProgram } from '../../tools/command-line.ts';
import { parseArguments, usage, type SimulateOptions } from './arguments.ts';
import { coverageOf, coverageTable, judgedFrom, leastCoverage, unknownSteps } from './coverage.ts';
import { installMutant } from './install-mutant.ts';
import { runParallel } from './run-parallel.ts';
import type { FailedSeed, Tally } from './tally.ts';

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'simulate', usage }, asked, start);

async function start(options: SimulateOptions): Promise<number> {
  return options.seed === undefined ? runMany(options) : replay(options.seed, options);
}

/** One seed, with its whole history. */
async function replay(seed: number, { mode, mutant }: SimulateOptions): Promise<number> {
  // nothing that is imported above may load core: a mutant is a change of its text
  if (mutant !== undefined) installMutant(mutant);
  const { simulate } = await import('./simulation.ts');
  const result = await simulate(seed, { mode });
  for (const line of result.history.render()) console.log(line);
  const { faults, pods, hosts, violations } = result;
  console.log(
    `seed ${seed}: ${pods} pods, ${hosts} nodes, ${faults} faults, history ${result.history.hash()}`,
  );
  for (const [reason, times] of result.excused) console.log(`not judged: ${times} x ${reason}`);
  for (const violation of violations) console.log(`VIOLATED ${violation}`);
  return violations.length === 0 ? 0 : 1;
}

async function runMany({ seeds, from, workers, mode, mutant }: SimulateOptions): Promise<number> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  let told = 0;
  const tally = await runParallel({
    first: from,
    mode,
    seeds,
    ...(workers === undefined ? {} : { workers }),
    ...(mutant === undefined ? {} : { mutant }),
    onProgress: (now) => {
      for (; told < now.failed.length; told++) console.log(sayFailed(now.failed[told]));
      if (performance.now() - toldMs < 10_000) return;
      toldMs = performance.now();
      console.log(`${now.seeds} of ${seeds} seeds, ${now.failed.length} failed`);
    },
  });
  for (const line of coverageTable(tally)) console.log(line);
  for (const [reason, times] of tally.excused) console.log(`not judged: ${times} x ${reason}`);
  const complaints = complaintsAbout(tally);
  for (const complaint of complaints) console.log(complaint);
  console.log(closing(tally, (performance.now() - startedMs) / 1000));
  return complaints.length === 0 ? 0 : 1;
}

function complaintsAbout(tally: Tally): string[] {
  const complaints: string[] = [];
  const [first] = tally.failed;
  if (first !== undefined) {
    complaints.push(
      ...first.tail,
      ...tally.failed.slice(0, 20).map(sayFailed),
      `${tally.failed.length} seeds failed; the whole history of one: npm run simulate -- --seed ${first.seed}`,
    );
  }
  const unknown = unknownSteps(tally);
  if (unknown.length > 0)
    complaints.push(`steps that no fault is planned for: ${unknown.join(', ')}`);
  if (tally.seeds >= judgedFrom && coverageOf(tally) < leastCoverage) {
    complaints.push(`the coverage is below ${leastCoverage * 100} %`);
  }
  return complaints;
}

function sayFailed(failed: FailedSeed | undefined): string {
  return `seed ${failed?.seed}: ${failed?.violations.join('; ')}`;
}

function closing(tally: Tally, seconds: number): string {
  const { seeds, faults, leastFaults, leastPods, leastHosts, simulatedMs, events, processorMs } =
    tally;
  return [
    `${seeds} seeds in ${seconds.toFixed(1)} s, ${(processorMs / 1000).toFixed(0)} s of processor time, ${tally.failed.length} failed;`,
    `${faults} faults (at least ${leastFaults} a seed), at least ${leastPods} pods and ${leastHosts} nodes a seed;`,
    `${(simulatedMs / 3_600_000).toFixed(0)} h of cluster time, ${events} events;`,
    `step x fault coverage ${(coverageOf(tally) * 100).toFixed(1)} %`,
  ].join(' ');
}
