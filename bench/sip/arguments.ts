import { readCommandLine, type CommandLine } from '../../tools/command-line.ts';
import { fullSettings, quickSettings, type Settings } from './settings.ts';

export const parts = ['stub', 'rounds', 'endurance', 'ceiling', 'sipp', 'relay'] as const;
export type Part = (typeof parts)[number];

export const usage = `npm run bench:sip -- [options]

  --quick       short runs, for a first look: three minutes instead of twenty-four
  --only PARTS  some of ${parts.join(',')} (all)
  --polling     the load generator polls, where it sleeps until something comes else
  --json FILE   write all figures to FILE

Exit 0: the bounds held. 1: one did not, or something failed. 2: the command line was refused.`;

export interface BenchOptions {
  readonly settings: Settings;
  readonly isQuick: boolean;
  readonly parts: readonly Part[];
  readonly jsonFile: string | undefined;
}

/** `--quick`, `--polling`, `--only part,part`, `--json FILE`. */
export function parseArguments(args: readonly string[]): CommandLine<BenchOptions> {
  const options = {
    quick: { type: 'boolean' },
    polling: { type: 'boolean' },
    only: { type: 'string' },
    json: { type: 'string' },
  } as const;
  return readCommandLine(args, options, ({ quick = false, polling = false, only, json }) => ({
    settings: { ...(quick ? quickSettings : fullSettings), isPolled: polling },
    isQuick: quick,
    parts: only === undefined ? parts : chosenParts(only),
    jsonFile: json,
  }));
}

function chosenParts(only: string): readonly Part[] {
  const wanted = only.split(',');
  const stranger = wanted.find((name) => !parts.some((part) => part === name));
  if (stranger === undefined) return parts.filter((part) => wanted.includes(part));
  throw new Error(`--only ${only}: "${stranger}" is none of ${parts.join(', ')}`);
}
