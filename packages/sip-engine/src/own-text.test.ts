import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { ownText } from './own-text.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const messageBytes = 100_000;

/** Bytes of the heap that a hundred tags keep, each cut out of a message of its own. */
function keptBy(keep: (tag: string) => string): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  const tags = Array.from({ length: 100 }, (_, at) => {
    const message = Buffer.alloc(messageBytes, `tag=${at}-abcdefghijklmnop;`).toString('latin1');
    return keep(message.slice(4, 24));
  });
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  expect(new Set(tags.map(({ length }) => length))).toEqual(new Set([20]));
  return kept;
}

it('keeps nothing of the message that a tag was cut out of, where the tag alone keeps it whole', () => {
  expect(keptBy((tag) => tag)).toBeGreaterThan(50 * messageBytes);
  expect(keptBy(ownText)).toBeLessThan(10 * messageBytes);
});

it.each(['', 'a', '\u00e9\u20ac\ud83d\ude00'])('is the same text: %j', (text) => {
  expect(ownText(text)).toBe(text);
});
