import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpAddress, parseIpAddress, parseIpPrefix, tryParseIpAddress } from './ip-address.ts';

describe('addresses', () => {
  it.each([
    ['10.0.2.128', [10, 0, 2, 128]],
    ['255.255.255.255', [255, 255, 255, 255]],
    ['::', Array.from({ length: 16 }, () => 0)],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['2001:db8::1:0:0:1', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]],
    ['::ffff:192.0.2.1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]],
  ])('%s is read and written', (text, bytes) => {
    expect([...parseIpAddress(text)]).toEqual(bytes);
    expect(formatIpAddress(Uint8Array.from(bytes))).toBe(text);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1..2.3',
    '1.2.3.4 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
  ])('"%s" is no address', (text) => {
    expect(tryParseIpAddress(text)).toBe(undefined);
    expect(() => parseIpAddress(text)).toThrow(expect.objectContaining({ code: 'EINPUT' }));
  });

  it('IPv6 is written as WHATWG URLs write it (RFC 5952), but for IPv4 within', () => {
    const group = fc.constantFrom(0, 0, 0, 1, 0xdb8, 0xffff);
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 255]));
        const text = formatIpAddress(bytes);
        expect(parseIpAddress(text)).toEqual(bytes);
        if (!text.includes('.')) expect(`[${text}]`).toBe(new URL(`http://[${text}]`).hostname);
      }),
      { numRuns: 500 },
    );
  });

  it('IPv6 is read where node reads it', () => {
    const piece = fc.constantFrom('0', 'a', 'ffff', ':', '::', '1.2.3.4', '12345');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `:${pieces.join('')}`;
        expect(tryParseIpAddress(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('prefixes', () => {
  it('without a length it is the whole address', () => {
    expect(parseIpPrefix('10.0.0.1')).toMatchObject({ family: 'ipv4', prefixLength: 32 });
    expect(parseIpPrefix('::1')).toMatchObject({ family: 'ipv6', prefixLength: 128 });
    expect(parseIpPrefix('::/0')).toMatchObject({ family: 'ipv6', prefixLength: 0 });
  });

  it.each(['10.0.0.1/33', '10.0.0.1/', '10.0.0.1/-1', '10.0.0.1/1e1', '::/129', '10.0.0.0/8/8'])(
    '"%s" is no prefix',
    (text) => {
      expect(() => parseIpPrefix(text)).toThrow(expect.objectContaining({ code: 'EINPUT' }));
    },
  );
});
