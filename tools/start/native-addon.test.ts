import { expect, it } from 'vitest';
import { isStale } from './native-addon.mjs';

it('is stale when never built', () => {
  expect(isStale(undefined, [])).toBe(true);
});

it('is stale when one source is newer', () => {
  expect(isStale(100, [50, 101, 60])).toBe(true);
});

it('is fresh when built after, or in the same instant as, its last source', () => {
  expect(isStale(100, [50, 100])).toBe(false);
});
