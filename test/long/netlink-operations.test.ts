import { expect, it } from 'vitest';
import { carryOutOperations, heapGrowth } from './many-operations.ts';

const count = 1_000_000;

it(`${count.toLocaleString('en')} operations: memory flat within 10 %, as many descriptors as before`, async () => {
  const run = await carryOutOperations(count / 2, count);
  const text = (of: 'resident' | 'heap'): string =>
    run.memory.map((sample) => (sample[of] / 2 ** 20).toFixed(1)).join(' ');
  console.log(
    `${String(run.operations)} operations, ${String(run.refused)} refused as meant; MB resident: ${text('resident')}; needed: ${text('heap')}`,
  );
  expect(run.operations).toBeGreaterThanOrEqual(count);
  expect(run.refused).toBeGreaterThan(count / 20);
  expect(run.memory).toHaveLength(10);
  const [first] = run.memory;
  for (const { resident } of run.memory) {
    expect(Math.abs(resident / (first?.resident ?? 0) - 1)).toBeLessThan(0.1);
  }
  expect(heapGrowth(run)).toBeLessThan(1.1);
  expect(run.descriptorsAfter).toBe(run.descriptorsBefore);
});
