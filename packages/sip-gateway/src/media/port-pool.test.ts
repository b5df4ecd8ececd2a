import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { PortPool } from './port-pool.ts';

const inOrder = { quarantineMs: 1000, random: (): number => 0.999_999 };

it('gives each pair once, by its even port, and then none', () => {
  const pool = new PortPool({ first: 16_384, last: 16_389 }, inOrder);
  expect([pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([
    16_384,
    16_386,
    16_388,
    undefined,
  ]);
});

it('lets a pair rest, and gives the ones that were freed in their order', () => {
  const pool = new PortPool({ first: 16_384, last: 16_387 }, inOrder);
  pool.take();
  pool.take();
  pool.rest(16_386, 0);
  pool.rest(16_384, 500);
  expect(pool.wake(999)).toEqual([]);
  expect(pool.take()).toBeUndefined();
  expect(pool.wake(1000)).toEqual([16_386]);
  expect(pool.wake(1500)).toEqual([16_384]);
  expect(pool.take()).toBeUndefined();
  pool.free(16_386);
  pool.free(16_384);
  expect([pool.take(), pool.take()]).toEqual([16_386, 16_384]);
});

it('shuffles', () => {
  const pool = new PortPool({ first: 16_384, last: 16_389 }, { quarantineMs: 1, random: () => 0 });
  expect(pool.take()).not.toBe(16_384);
});

it('a pair that was not taken cannot rest, nor one that is not spare be reused or freed: it would be handed out twice', () => {
  const pool = new PortPool({ first: 16_384, last: 16_387 }, inOrder);
  expect(() => pool.rest(16_384, 0)).toThrow(RangeError);
  expect(() => pool.free(16_384)).toThrow(RangeError);
  expect(() => pool.reuse(16_384)).toThrow(RangeError);
});

it.each([
  [16_385, 16_390],
  [16_384, 16_388],
  [20_000, 16_385],
  [1000, 2001],
  [65_534, 65_537],
  // one pair, which no call can be made with
  [16_384, 16_385],
])('refuses the range %i-%i', (first, last) => {
  expect(() => new PortPool({ first, last }, inOrder)).toThrow(
    expect.objectContaining({ code: 'ConfigInvalid' }),
  );
});

test.prop([fc.array(fc.constantFrom('take', 'rest', 'wake', 'reuse', 'free'), { maxLength: 100 })])(
  'no pair is ever lost, or in two hands',
  (acts) => {
    const pool = new PortPool({ first: 16_384, last: 16_399 }, inOrder);
    const held: number[] = [];
    const spare: number[] = [];
    for (const [at, act] of acts.entries()) {
      const now = at * 300;
      if (act === 'wake') spare.push(...pool.wake(now));
      if (act === 'rest' && held.length > 0) pool.rest(held.shift() as number, now);
      if (act === 'free' && spare.length > 0) pool.free(spare.shift() as number);
      if (act === 'reuse' && spare.length > 0) {
        pool.reuse(spare[0] as number);
        held.push(spare.shift() as number);
      }
      const taken = act === 'take' ? pool.take() : undefined;
      if (taken !== undefined) held.push(taken);
      const { free, taken: out, resting } = pool.counts();
      expect(new Set(held).size).toBe(held.length);
      expect([out, free + out + resting]).toEqual([held.length, 8]);
    }
  },
);
