import { expect, it } from 'vitest';
import { feedHostileMessages } from '../long/hostile-messages.ts';

// `npm run test:long` does 5 million
it('100,000 mutated messages: nothing thrown but our own error', () => {
  const run = feedHostileMessages(100_000, Date.now() % 2 ** 31);
  expect(run.refused).toBeGreaterThan(100);
});
