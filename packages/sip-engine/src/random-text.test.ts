import { expect, it } from 'vitest';
import { randomId, randomToken } from './random-text.ts';

it('a token is 80 bits in lower case digits, an id a UUID of version 4', () => {
  for (let round = 0; round < 1_000; round++) {
    expect(randomToken()).toMatch(/^[0-9a-f]{20}$/u);
    expect(randomId()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    );
  }
});

it('none comes twice, also where the randomness is filled again', () => {
  const many = 5_000;
  expect(new Set(Array.from({ length: many }, randomToken)).size).toBe(many);
  expect(new Set(Array.from({ length: many }, randomId)).size).toBe(many);
});

it('every digit of an id takes every value that it may', () => {
  const seen = Array.from({ length: 36 }, () => new Set<string>());
  for (let round = 0; round < 2_000; round++) {
    for (const [at, digit] of Array.from(randomId()).entries()) seen[at]?.add(digit);
  }
  const expected = seen.map((_, at) => ([8, 13, 14, 18, 23].includes(at) ? 1 : at === 19 ? 4 : 16));
  expect(seen.map(({ size }) => size)).toEqual(expected);
});
