/**
 * `npm run bench:identity`: time to ready in the lab, step by step, and the kernel's steps against forking ip(8).
 * Exit codes and options: arguments.ts.
 */
import { writeFile } from 'node:fs/promises';
import { checkBoxPrerequisites } from '@truetuple/lab';
import { startProgram } from '../../tools/command-line.ts';
import { parseArguments, usage, type BenchOptions } from './arguments.ts';
import { judge } from './bounds.ts';
import { measureKernelHalf } from './kernel-half.ts';
import { describeMachine } from './machine.ts';
import { printKernelHalf } from './print-kernel.ts';
import { printReadyHalf } from './print-ready.ts';
import { measureReadyHalf } from './ready-half.ts';

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'bench:identity', usage }, asked, runBench);

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'));
}

async function runBench({ runs, jsonFile }: BenchOptions): Promise<number> {
  const found = checkBoxPrerequisites();
  if (!found.available) throw new Error(`bench/identity: ${found.reason}. ${found.remedy}`);
  const machine = describeMachine();
  const { cpu, cores, loadAverage, kernel, node, iproute2, packages } = machine;
  print([
    `${cores} cores of ${cpu}, load ${loadAverage.toFixed(2)}; Linux ${kernel}; Node ${node}; ${iproute2}; packages: ${packages}`,
    'p50 and p99 by nearest rank: with fewer than 100 runs p99 is the slowest.',
  ]);
  const kernelHalves = [];
  for (const temperature of ['warm', 'cold'] as const) {
    const half = await measureKernelHalf(temperature, runs);
    kernelHalves.push(half);
    print(printKernelHalf(half));
  }
  const readyHalves = [];
  for (const temperature of ['cold', 'warm'] as const) {
    const half = await measureReadyHalf(temperature, runs);
    readyHalves.push(half);
    print(printReadyHalf(half));
  }
  const verdicts = kernelHalves.map(judge);
  if (jsonFile !== undefined) {
    const report = { machine, runs, verdicts, kernel: kernelHalves, ready: readyHalves };
    await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  }
  return verdicts.every(({ holds }) => holds) ? 0 : 1;
}
