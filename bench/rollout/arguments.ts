import { readCommandLine, wholeNumber, type CommandLine } from '../../tools/command-line.ts';

export const usage = `npm run bench:rollout -- [options]

  --pods N     how many start at the same moment, 1 to 1000 (1000); with few of them the lower
               bound is near 0, and so is not held
  --json FILE  write all figures to FILE

Exit 0: the bounds held. 1: one did not, or something failed. 2: the command line was refused.`;

export interface RolloutOptions {
  readonly pods: number;
  readonly jsonFile: string | undefined;
}

/** `--pods N` and `--json FILE`. */
export function parseArguments(args: readonly string[]): CommandLine<RolloutOptions> {
  const options = { pods: { type: 'string' }, json: { type: 'string' } } as const;
  return readCommandLine(args, options, ({ pods = '1000', json }) => ({
    pods: wholeNumber('--pods', pods, 1, 1000),
    jsonFile: json,
  }));
}
