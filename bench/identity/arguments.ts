import { readCommandLine, wholeNumber, type CommandLine } from '../../tools/command-line.ts';

export const usage = `npm run bench:identity -- [options]
npm run bench:identity:built -- [options]

  --runs N     rounds of each measurement, 1 to 1000 (30)
  --json FILE  write all figures to FILE

Exit 0: the bounds held. 1: one did not, or something failed. 2: the command line was refused.`;

export interface BenchOptions {
  readonly runs: number;
  readonly jsonFile: string | undefined;
}

/** `--runs N` and `--json FILE`. */
export function parseArguments(args: readonly string[]): CommandLine<BenchOptions> {
  const options = { runs: { type: 'string' }, json: { type: 'string' } } as const;
  return readCommandLine(args, options, ({ runs = '30', json }) => ({
    runs: wholeNumber('--runs', runs, 1, 1000),
    jsonFile: json,
  }));
}
