import { describe, expect, it } from 'vitest';
import {
  decodeDatum,
  decodeDatums,
  encodeDatum,
  encodeDatums,
  lengthOf,
  typeNumber,
  typesOfNumber,
} from './datum.ts';
import type { Datum, DatumType } from './datum.ts';

const examples: readonly (readonly [type: DatumType, value: Datum, hex: string])[] = [
  ['ipv4', '203.0.113.50', 'cb007132'],
  ['ipv6', '2001:db8::1', '20010db8000000000000000000000001'],
  ['mac', '02:00:00:00:02:80', '020000000280'],
  ['protocol', 17, '11'],
  ['port', 5060, '13c4'],
  ['mark', 0xdeadbeef, 'efbeadde'],
  ['link-index', 1, '01000000'],
  ['link-name', 'eni-node-b', '656e692d6e6f64652d62000000000000'],
];

describe('values of keys', () => {
  it.each(examples)('%s %s is %s and back', (type, value, hex) => {
    const bytes = encodeDatum(type, value);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    expect(decodeDatum(type, bytes)).toBe(value);
  });

  it('parts of a concatenation begin at a multiple of 4 bytes', () => {
    const types = ['protocol', 'ipv4', 'port'] as const;
    const bytes = encodeDatums(types, [17, '10.0.0.1', 80]);
    expect(Buffer.from(bytes).toString('hex')).toBe('110000000a00000100500000');
    expect(decodeDatums(types, bytes)).toEqual([17, '10.0.0.1', 80]);
    expect(lengthOf(types)).toBe(12);
  });

  it('the number of a concatenated type is nft’s, and gives the types again', () => {
    expect(typeNumber(['link-name', 'ipv4'])).toBe(0x0a47);
    expect(typesOfNumber(0x0a47)).toEqual(['link-name', 'ipv4']);
    expect(typesOfNumber(0)).toBeUndefined();
    expect(typesOfNumber(63)).toBeUndefined();
  });

  it.each([
    ['ipv4', '2001:db8::1'],
    ['ipv4', 'nowhere'],
    ['port', 65_536],
    ['port', -1],
    ['mark', 1.5],
    ['link-name', 'a-name-of-16-byt'],
    ['link-name', ''],
    ['nothing' as DatumType, 1],
  ] as const)('%s %s is refused', (type, value) => {
    expect(() => encodeDatum(type, value)).toThrow(expect.objectContaining({ code: 'EINPUT' }));
  });
});
