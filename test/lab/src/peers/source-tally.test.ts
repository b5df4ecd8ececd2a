import { describe, expect, it } from 'vitest';
import { decodeNumbered, encodeNumbered } from './numbered-payload.ts';
import { SourceTally } from './source-tally.ts';

describe('SourceTally', () => {
  it('tells missing, repeated and late packets apart, per source', () => {
    const tally = new SourceTally();
    for (const number of [0, 1, 4, 3, 3]) tally.count('203.0.113.50:5060', number);
    tally.count('203.0.113.7:1', undefined);
    expect(tally.report()).toEqual([
      { tuple: '203.0.113.50:5060', received: 5, missing: 1, duplicates: 1, reordered: 1 },
      { tuple: '203.0.113.7:1', received: 1, missing: 0, duplicates: 0, reordered: 0 },
    ]);
    tally.clear();
    expect(tally.report()).toEqual([]);
  });
});

describe('numbered payload', () => {
  it('comes back as the number, and nothing else does', () => {
    expect(decodeNumbered(encodeNumbered(4_000_000_000, 172))).toBe(4_000_000_000);
    expect(encodeNumbered(7, 172)).toHaveLength(172);
    expect(encodeNumbered(7, 0)).toHaveLength(12);
    expect(decodeNumbered(Buffer.from('TTNUMBERxxx'))).toBeUndefined();
    expect(decodeNumbered(Buffer.from('something else'))).toBeUndefined();
  });
});
