/**
 * `npm run bench:footprint`: what a bundled sidecar weighs: its size, its start, its memory.
 * Exit codes and options: arguments.ts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBoxPrerequisites } from '@truetuple/lab';
import { startProgram } from '../../tools/command-line.ts';
import { parseArguments, type BenchOptions } from '../identity/arguments.ts';
import { describeMachine } from '../identity/machine.ts';
import { usage } from './arguments.ts';
import { judge } from './bounds.ts';
import { bundleSidecar } from './bundle-sidecar.ts';
import { measureFirstAnswers } from './first-answers.ts';
import { fillCompileCache, measureLoadedFiles } from './loaded-files.ts';
import { openFootprint } from './open-footprint.ts';
import { printFirstAnswers, printMemory, printSizes, printVerdicts } from './print.ts';
import { measureResidentMemory } from './resident-memory.ts';
import { byDefault, sparing } from './way.ts';

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'bench:footprint', usage }, asked, runBench);

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'));
}

async function runBench({ runs, jsonFile }: BenchOptions): Promise<number> {
  const found = checkBoxPrerequisites();
  if (!found.available) throw new Error(`bench/footprint: ${found.reason}. ${found.remedy}`);
  const machine = describeMachine();
  const { cpu, cores, loadAverage, kernel, node, packages } = machine;
  print([
    `${cores} cores of ${cpu}, load ${loadAverage.toFixed(2)}; Linux ${kernel}; Node ${node}; packages: ${packages}`,
  ]);
  await using footprint = await openFootprint();
  const { bundle: pod, program: bundled, world, directory } = footprint;
  const bundles = { whole: await bundleSidecar('whole'), pod };
  const empty = join(directory, 'empty.mjs');
  await writeFile(empty, '');
  const unbundled = fileURLToPath(new URL('unbundled-sdk.mjs', import.meta.url));
  const loaded = await measureLoadedFiles(world, bundled, directory);
  print(printSizes(bundles, loaded));
  await fillCompileCache(world, bundled, sparing);
  const answers = await measureFirstAnswers(world, { empty, unbundled, bundled }, runs);
  print(printFirstAnswers(answers, runs));
  const memory = [
    await measureResidentMemory(world, bundled, sparing),
    await measureResidentMemory(world, bundled, byDefault),
  ];
  print(printMemory(memory));
  const verdicts = judge({ loaded, answers, memory });
  print(printVerdicts(verdicts));
  if (jsonFile !== undefined) {
    const bytes = {
      loaded: loaded.bytes,
      pod: bundles.pod.bytes,
      whole: bundles.whole.bytes,
    };
    const report = { machine, runs, verdicts, bytes, answers, memory };
    await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  }
  return verdicts.every(({ holds }) => holds) ? 0 : 1;
}
