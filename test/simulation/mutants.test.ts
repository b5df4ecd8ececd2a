import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { runParallel } from './run-parallel.ts';

/** Within so many seeds a safety rule that is switched off must be noticed. */
const seeds = 2000;

describe('with a safety rule of core switched off, the simulation fails', () => {
  it.each(mutants)(
    '$name',
    async ({ name, foundFrom }) => {
      const run = { first: foundFrom, seeds, workers: 1, chunk: 1, stopsAtFailure: true };
      const { failed } = await runParallel({ ...run, mutant: name });
      expect(failed).not.toEqual([]);
    },
    10 * 60_000,
  );
});
