import { expect, it } from 'vitest';
import { feedHostileMessages } from './hostile-messages.ts';

// `npm run test:long` does 5 million
it('100,000 mutated messages: nothing thrown but our own error, nothing read beyond the end', () => {
  const run = feedHostileMessages(100_000, Date.now() % 2 ** 31);
  expect(run.refused).toBeGreaterThan(100);
});
