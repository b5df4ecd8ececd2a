import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SteadyMap } from './steady-map.ts';

interface Table {
  set(key: string, value: unknown): unknown;
  delete(key: string): boolean;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

/** Bytes that 2,000 entries leave behind in the heap once they have come and gone, ten at a time. */
function leftBy(table: Table): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 2_000; at += 1) {
    table.set(`key ${at}`, Array.from<number>({ length: 1_000 }).fill(at));
    table.delete(`key ${at - 10}`);
    if (at % 25 === 0) collect({ type: 'minor' });
  }
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  return process.memoryUsage().heapUsed - before;
}

describe('a steady map', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.record({
    key,
    value: fc.option(fc.nat(), { nil: undefined }),
    isGone: fc.boolean(),
  });
  test.prop([fc.array(step)])('is as a Map', (steps) => {
    const steady = new SteadyMap<string, number | undefined>();
    const map = new Map<string, number | undefined>();
    for (const { key: at, value, isGone } of steps) {
      if (isGone) expect(steady.delete(at)).toBe(map.delete(at));
      else {
        expect(steady.set(at, value)).toBe(steady);
        map.set(at, value);
      }
      expect(steady.get(at)).toBe(map.get(at));
      expect(steady.has(at)).toBe(map.has(at));
      expect(steady.size).toBe(map.size);
    }
    expect([...steady]).toEqual([...map]);
    expect([...steady.entries()]).toEqual([...map.entries()]);
    expect([...steady.keys()]).toEqual([...map.keys()]);
    expect([...steady.values()]).toEqual([...map.values()]);
    const [told, wanted]: [unknown[], unknown[]] = [[], []];
    // oxlint-disable-next-line unicorn/no-array-for-each, unicorn/no-array-method-this-argument -- that is what is looked at
    steady.forEach(function tell(this: unknown, ...all) {
      told.push([this, ...all.slice(0, 2), all[2] === steady]);
    }, 'self');
    for (const [at, value] of map) wanted.push(['self', value, at, true]);
    expect(told).toEqual(wanted);
  });

  it('begins with what it is given, and can be cleared', () => {
    const steady = new SteadyMap([['a', 1]]);
    expect([...steady]).toEqual([['a', 1]]);
    steady.clear();
    expect([steady.size, ...steady]).toEqual([0]);
    steady.set('b', 2);
    expect([steady.size, ...steady]).toEqual([1, ['b', 2]]);
  });

  it('keeps nothing of what has gone, where a Map keeps it until a full collection', () => {
    const entries = 2_000 * 1_000 * 8;
    expect(leftBy(new Map())).toBeGreaterThan(entries / 4);
    expect(leftBy(new SteadyMap())).toBeLessThan(entries / 20);
  });
});
