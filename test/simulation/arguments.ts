import { parseArgs } from 'node:util';
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

export type ParsedArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'run'; readonly options: SimulateOptions };

/** Reads the command line of `npm run simulate`. */
export function parseArguments(args: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        workers: { type: 'string' },
        seed: { type: 'string' },
        mutant: { type: 'string' },
        mode: { type: 'string' },
      },
    });
    if (values.help) return { kind: 'help' };
    const options = {
      seeds: whole('--seeds', values.seeds, 1),
      from: whole('--from', values.from, 0),
      workers: values.workers === undefined ? undefined : whole('--workers', values.workers, 1),
      seed: values.seed === undefined ? undefined : whole('--seed', values.seed, 0),
      mode: modeOf(values.mode),
      mutant: mutantOf(values.mutant),
    };
    return { kind: 'run', options };
  } catch (error) {
    return { kind: 'refused', because: error instanceof Error ? error.message : String(error) };
  }
}

function whole(option: string, text: string, least: number): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${option} ${text} is no whole number from ${least} on`);
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
