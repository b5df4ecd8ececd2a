import { readCommandLine, wholeNumber, type CommandLine } from '../../tools/command-line.ts';
import type { Mode } from './faults.ts';
import { mutants } from './mutants.ts';

export const usage = `npm run simulate -- [options]

  --seeds N      how many seeds, from --from on (1000)
  --from N       the first one (1)
  --workers N    processes (as many as there are processors)
  --seed N       one seed, with its whole history
  --mode MODE    direct or managed, for every seed (as each seed says)
  --mutant NAME  with one of core's safety rules switched off; any wrong name lists them

Exit 0: every invariant held. 1: one did not, or the coverage is too low. 2: the command line was refused.`;

export interface SimulateOptions {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number | undefined;
  /** Only this one. */
  readonly seed: number | undefined;
  readonly mode: Mode | undefined;
  readonly mutant: string | undefined;
}

/** Reads the command line of `npm run simulate`. */
export function parseArguments(args: readonly string[]): CommandLine<SimulateOptions> {
  const options = {
    seeds: { type: 'string' },
    from: { type: 'string' },
    workers: { type: 'string' },
    seed: { type: 'string' },
    mutant: { type: 'string' },
    mode: { type: 'string' },
  } as const;
  return readCommandLine(args, options, (values) => {
    const { seeds = '1000', from = '1', workers, seed, mode, mutant } = values;
    return {
      seeds: wholeNumber('--seeds', seeds, 1),
      from: wholeNumber('--from', from, 0),
      workers: workers === undefined ? undefined : wholeNumber('--workers', workers, 1),
      seed: seed === undefined ? undefined : wholeNumber('--seed', seed, 0),
      mode: modeOf(mode),
      mutant: mutantOf(mutant),
    };
  });
}

function modeOf(mode: string | undefined): Mode | undefined {
  if (mode === undefined || mode === 'direct' || mode === 'managed') return mode;
  throw new Error(`--mode ${mode} is neither direct nor managed`);
}

function mutantOf(name: string | undefined): string | undefined {
  if (name === undefined || mutants.some((mutant) => mutant.name === name)) return name;
  const names = mutants.map((mutant) => `  ${mutant.name}`).join('\n');
  throw new Error(`--mutant ${name} is none of\n${names}\n`);
}
