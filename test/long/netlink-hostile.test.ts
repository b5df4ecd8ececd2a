import { expect, it } from 'vitest';
import { feedHostileMessages } from '../../packages/netlink/src/testing/hostile-messages.ts';

const count = 5_000_000;

it(
  `${String(count)} mutated messages: nothing thrown but our own error, nothing read beyond the end, no loop`,
  () => {
    const seed = Number(process.env['TRUETUPLE_SEED'] ?? Date.now() % 2 ** 31);
    const run = feedHostileMessages(count, seed);
    console.log(
      `seed ${String(seed)}: ${String(run.messages)} messages, ${String(run.refused)} refused, slowest ${run.slowestUs.toFixed(0)} us`,
    );
    expect(run.messages).toBe(count);
    expect(run.refused).toBeGreaterThan(count / 1000);
    expect(run.slowestUs).toBeLessThan(20_000);
  },
  30 * 60_000,
);
