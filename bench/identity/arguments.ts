import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly runs: number;
  readonly jsonFile: string | undefined;
}

/** `--runs N` (default 30) and `--json FILE`. */
export function parseBenchArguments(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { runs: { type: 'string', default: '30' }, json: { type: 'string' } },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1 || runs > 1000) {
    throw new Error(`--runs ${values.runs}: give a whole number from 1 to 1000.`);
  }
  return { runs, jsonFile: values.json };
}
