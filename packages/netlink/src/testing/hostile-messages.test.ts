import { expect, it } from 'vitest';
import { inputError } from '../errors.ts';
import { countRefusals, feedHostileMessages } from './hostile-messages.ts';

const refuse = (): never => {
  throw inputError('refused', 'none');
};
const fail = (): never => {
  throw new RangeError('beyond the end');
};

// `npm run test:long` does 5 million
it('100,000 mutated messages: nothing thrown but our own error, nothing read beyond the end, none slow', () => {
  const run = feedHostileMessages(100_000, Date.now() % 2 ** 31);
  expect(run.refused).toBeGreaterThan(100);
  expect(run.slowestUs).toBeLessThan(20_000);
});

it('what one reader refuses the next one reads all the same', () => {
  expect(countRefusals([refuse, () => 'read', refuse])).toBe(2);
  expect(() => countRefusals([refuse, fail])).toThrow(RangeError);
});
