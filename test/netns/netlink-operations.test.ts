import { expect, it } from 'vitest';
import { carryOutOperations, heapGrowth } from '../long/many-operations.ts';

// A million of them: npm run test:long
it('20,000 operations: what memory is needed is the same, as many descriptors as before', async () => {
  const run = await carryOutOperations(10_000, 20_000);
  expect(run.operations).toBeGreaterThanOrEqual(20_000);
  expect(run.refused).toBeGreaterThan(1000);
  expect(heapGrowth(run)).toBeLessThan(1.1);
  expect(run.descriptorsAfter).toBe(run.descriptorsBefore);
});
