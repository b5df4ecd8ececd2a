import { parentPort, workerData } from 'node:worker_threads';
import { installMutant } from './install-mutant.ts';
import type { SeedRange } from './tally.ts';

// errors are part of the simulation, by the dozen; a seed that is replayed has their stacks
Error.stackTraceLimit = 0;
// before anything of core is loaded
const mutant = (workerData as { readonly mutant?: string }).mutant;
if (mutant !== undefined) installMutant(mutant);
const { runSeeds } = await import('./run-seeds.ts');

parentPort?.on('message', (range: SeedRange) => {
  // a promise that is rejected and heard by nobody ends the thread, and with it the run
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has none
  void runSeeds(range).then((tally) => parentPort?.postMessage(tally));
});
