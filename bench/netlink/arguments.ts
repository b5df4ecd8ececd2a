import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly runs: number;
  readonly jsonFile: string | undefined;
}

/** `--runs N` (default 15), `--quick` (three rounds, for a first look), `--json FILE`. */
export function parseBenchArguments(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? '3' : '15'));
  if (!Number.isInteger(runs) || runs < 1 || runs > 1000) {
    throw new Error(`--runs ${String(values.runs)}: give a whole number from 1 to 1000.`);
  }
  return { runs, jsonFile: values.json };
}
