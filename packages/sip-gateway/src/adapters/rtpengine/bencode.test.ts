import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { decodeBencode, encodeBencode, type Bencodable } from './bencode.ts';

const { dictionary } = fc.letrec<{ any: Bencodable; dictionary: Record<string, Bencodable> }>(
  (tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme' }),
      fc.maxSafeInteger(),
      fc.array(tie('any'), { maxLength: 4 }),
      tie('dictionary'),
    ),
    dictionary: fc.dictionary(fc.string({ unit: 'grapheme' }), tie('any'), { maxKeys: 4 }),
  }),
);

describe('bencode', () => {
  it('is written as rtpengine reads it: lengths in bytes, keys in order', () => {
    expect(encodeBencode({ sdp: 'ü', 'call-id': 'c', flags: ['a'], 'delete-delay': 0 })).toBe(
      'd7:call-id1:c12:delete-delayi0e5:flagsl1:ae3:sdp2:üe',
    );
  });

  test.prop([dictionary])('is read as it was written', (value) => {
    const plain = { ...value };
    expect(decodeBencode(Buffer.from(encodeBencode(value)))).toEqual(plain);
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])(
    'whatever the bytes, nothing is thrown',
    (bytes) => {
      decodeBencode(Buffer.from(bytes));
    },
  );

  it.each([
    '',
    'd',
    'de ',
    'le',
    '2:ok',
    'd6:result2:ok',
    'd6:result3:oke',
    'd6:result-1:oke',
    'di1ei1ee',
    'd1:ai--1ee',
    `d1:a${'l'.repeat(60_000)}`,
  ])('%.20s is none', (text) => {
    expect(decodeBencode(Buffer.from(text))).toBeUndefined();
  });

  it('a key of any name is a key', () => {
    const read = decodeBencode(Buffer.from('d9:__proto__d1:a1:bee'));
    expect(Object.keys(read ?? {})).toEqual(['__proto__']);
  });
});
