import { describe, expect, it } from 'vitest';
import { converge, type Convergence } from './converge.ts';

/** A world of numbers that should reach a goal by steps of one. */
function counting(
  start: number,
  goal: number,
  maxRounds = 5,
): Convergence<number, 'add'> & { at(): number } {
  let value = start;
  return {
    what: 'The counter',
    observe: async () => value,
    plan: (seen) => Array.from({ length: Math.max(0, goal - seen) }, () => 'add' as const),
    apply: async () => {
      value += 1;
      return 'done';
    },
    maxRounds,
    at: () => value,
  };
}

describe('converge', () => {
  it('applies the plan, observes again and finds nothing more to do', async () => {
    await expect(converge(counting(0, 3))).resolves.toEqual({ view: 3, applied: 3, rounds: 2 });
  });

  it('does nothing when all is as wanted', async () => {
    await expect(converge(counting(3, 3))).resolves.toEqual({ view: 3, applied: 0, rounds: 1 });
  });

  it('looks again as soon as a step says that the world moved', async () => {
    const world = counting(0, 3);
    let lost = 0;
    const result = await converge({
      ...world,
      apply: async (step) => {
        lost += 1;
        return lost === 1 ? 'look-again' : world.apply(step);
      },
    });
    expect(result).toMatchObject({ view: 3, applied: 4, rounds: 3 });
  });

  it('gives up after its bound with what is still planned', async () => {
    const stuck = { ...counting(0, 1), apply: async () => 'done' as const };
    await expect(converge(stuck)).rejects.toMatchObject({
      code: 'NotConverged',
      message: expect.stringContaining('still planned: ["add"]') as string,
    });
  });

  it('stops between steps when aborted', async () => {
    const world = counting(0, 3);
    const abort = new AbortController();
    const run = converge({
      ...world,
      signal: abort.signal,
      apply: async (step) => {
        abort.abort();
        return world.apply(step);
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'Aborted' });
    expect(world.at()).toBe(1);
  });
});
