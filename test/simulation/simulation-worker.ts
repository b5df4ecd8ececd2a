import { installMutant } from './install-mutant.ts';
import type { SeedRange } from './tally.ts';

// errors are part of the simulation, by the dozen; a seed that is replayed has their stacks
Error.stackTraceLimit = 0;
// before anything of core is loaded
const [, , mutant] = process.argv;
if (mutant !== undefined) installMutant(mutant);
const { runSeeds } = await import('./run-seeds.ts');

process.on('message', (range: SeedRange) => {
  // a promise that is rejected and heard by nobody ends the process, and with it the run
  void runSeeds(range).then((tally) => process.send?.(tally));
});
process.send?.('ready');
