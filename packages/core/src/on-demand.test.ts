import { describe, expect, it } from 'vitest';
import { onDemand } from './on-demand.ts';

describe('onDemand', () => {
  it('loads when it is first called for, once for all who call', async () => {
    let loads = 0;
    const part = onDemand(async () => ({ number: ++loads }));
    expect(loads).toBe(0);
    const [first, second] = await Promise.all([part(), part()]);
    expect(first).toBe(second);
    expect(await part()).toBe(first);
    expect(loads).toBe(1);
  });

  it('tries again after a failure, and tells it to all who waited', async () => {
    let tries = 0;
    const part = onDemand(async () => {
      tries += 1;
      if (tries === 1) throw new Error('EMFILE');
      return tries;
    });
    const outcomes = await Promise.allSettled([part(), part()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await part()).toBe(2);
    expect(await part()).toBe(2);
  });
});
