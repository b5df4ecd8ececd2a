import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { simulate } from './simulation.ts';

it('holds nothing of a seed that is over: a million seeds fit into memory', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as (options: {
    readonly type: 'major';
    readonly execution: 'async';
  }) => Promise<void>;
  const histories: WeakRef<object>[] = [];
  for (let seed = 1; seed <= 12; seed++) {
    const { history, violations } = await simulate(seed);
    expect(violations).toEqual([]);
    histories.push(new WeakRef(history));
  }
  await collectGarbage({ type: 'major', execution: 'async' });
  const held = histories.flatMap((one, at) => (one.deref() === undefined ? [] : [at + 1]));
  // the frame of the loop may still know the last one
  expect(held.filter((seed) => seed < 12)).toEqual([]);
});
