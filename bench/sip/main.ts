/**
 * `npm run bench:sip`: what a call costs through drachtio-srf on the engine, beside a bare UAS, npm's sip and drachtio-srf
 * alone; how many calls a second; and the media relay's latency. Exit codes and options: arguments.ts.
 */
import { writeFile } from 'node:fs/promises';
import { startProgram } from '../../tools/command-line.ts';
import { parseArguments, usage, type BenchOptions, type Part } from './arguments.ts';
import { judge } from './bounds.ts';
import type { Figures } from './figures.ts';
import { describeMachine } from './machine.ts';
import { measureCeiling } from './measure-ceiling.ts';
import { measureEndurance } from './measure-endurance.ts';
import { measureRelay } from './measure-relay.ts';
import { measureRounds } from './measure-rounds.ts';
import { measureSipp } from './measure-sipp.ts';
import { measureStub } from './measure-stub.ts';
import {
  printCeiling,
  printEndurance,
  printRelay,
  printRounds,
  printSipp,
  printStub,
  printVerdicts,
} from './print.ts';

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'bench:sip', usage }, asked, runBench);

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'));
}

async function runBench({ settings, isQuick, parts, jsonFile }: BenchOptions): Promise<number> {
  const machine = describeMachine();
  print([machine, isQuick ? 'Quick: short runs, no figures to publish.' : '']);
  const part = async <T>(
    name: Part,
    measure: (of: typeof settings) => Promise<T>,
    show: (figures: T) => readonly string[],
  ): Promise<T | undefined> => {
    if (!parts.includes(name)) return undefined;
    const figures = await measure(settings);
    print(show(figures));
    return figures;
  };
  const figures: Figures = {
    stub: await part('stub', measureStub, printStub),
    rounds: await part('rounds', measureRounds, printRounds),
    endurance: await part('endurance', measureEndurance, printEndurance),
    ceiling: await part('ceiling', measureCeiling, printCeiling),
    sipp: await part('sipp', measureSipp, printSipp),
    relay: await part('relay', measureRelay, printRelay),
  };
  const verdicts = judge(figures);
  print(printVerdicts(verdicts));
  if (jsonFile !== undefined) {
    await writeFile(
      jsonFile,
      `${JSON.stringify({ machine, settings, verdicts, figures }, null, 2)}\n`,
    );
  }
  return verdicts.every(({ holds }) => holds) ? 0 : 1;
}
