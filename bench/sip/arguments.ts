import { parseArgs } from 'node:util';
import { fullSettings, quickSettings, type Settings } from './settings.ts';

export const parts = ['stub', 'rounds', 'endurance', 'ceiling', 'sipp', 'relay'] as const;
export type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly settings: Settings;
  readonly isQuick: boolean;
  readonly parts: readonly Part[];
  readonly jsonFile: string | undefined;
}

/** `--quick`, `--polling`, `--only part,part`, `--json FILE`. */
export function parseBenchArguments(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      polling: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const wanted = values.only?.split(',') ?? parts;
  const chosen = parts.filter((part) => wanted.includes(part));
  if (chosen.length < wanted.length) {
    throw new Error(`--only ${values.only}: give some of ${parts.join(',')}.`);
  }
  const settings = values.quick ? quickSettings : fullSettings;
  return {
    settings: { ...settings, isPolled: values.polling },
    isQuick: values.quick,
    parts: chosen,
    jsonFile: values.json,
  };
}
