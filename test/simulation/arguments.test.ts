import { expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { mutants } from './mutants.ts';

it('what is left out has its default', () => {
  const options = { seeds: 1000, from: 1, workers: undefined, seed: undefined };
  expect(parseArguments([])).toMatchObject({ kind: 'run', options });
  expect(parseArguments(['--help'])).toEqual({ kind: 'help' });
});

it('a mutant is one of those that there are', () => {
  const mutant = mutants[0]?.name ?? '';
  expect(parseArguments(['--mutant', mutant])).toMatchObject({ kind: 'run', options: { mutant } });
});

it.each([
  ['--seeds', '0'],
  ['--seeds', 'many'],
  ['--seeds', '1e3'],
  ['--from', '-1'],
  ['--workers', '0'],
  ['--seed', 'abc'],
  ['--mode', 'other'],
  ['--mutant', 'nonesuch'],
  ['--unknown', '1'],
])('%s %s is refused', (...args) => {
  expect(parseArguments(args)).toEqual({
    kind: 'refused',
    because: expect.stringContaining(args[0] ?? '') as unknown,
  });
});
