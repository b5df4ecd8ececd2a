import { readCommandLine, wholeNumber, type CommandLine } from '../../tools/command-line.ts';

export const usage = `npm run bench:netlink -- [options]

  --runs N     rounds, 1 to 1000 (15)
  --quick      three rounds, for a first look
  --json FILE  write all figures to FILE

Exit 0: the bounds held. 1: one did not, or something failed. 2: the command line was refused.`;

export interface BenchOptions {
  readonly runs: number;
  readonly jsonFile: string | undefined;
}

/** `--runs N`, `--quick`, `--json FILE`. */
export function parseArguments(args: readonly string[]): CommandLine<BenchOptions> {
  const options = {
    runs: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'string' },
  } as const;
  return readCommandLine(args, options, ({ runs, quick = false, json }) => ({
    runs: wholeNumber('--runs', runs ?? (quick ? '3' : '15'), 1, 1000),
    jsonFile: json,
  }));
}
