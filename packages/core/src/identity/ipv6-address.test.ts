import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  canonicalIpv6,
  canonicalIpv6Cidr,
  hostIpv6Cidr,
  ipv6CidrContains,
  ipv6FromBigInt,
  ipv6NetworkOf,
  ipv6ToBigInt,
  isIpv6Address,
  parseIpv6Address,
  type Ipv6Address,
  type Ipv6Cidr,
} from './ipv6-address.ts';

const anyAddress = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(ipv6FromBigInt);

describe('IPv6 addresses', () => {
  it.each([
    ['2001:DB8::0050', '2001:db8::50'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['2001:0:0:1::1', '2001:0:0:1::1'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalIpv6(text)).toBe(canonical);
    expect(isIpv6Address(text)).toBe(text === canonical);
  });
  it.each([
    '',
    '10.0.2.1',
    '1::2::3',
    '2001:db8::50/64',
    'fe80::1%net1',
    '1:2:3:4:5:6:7:8:9',
    'g::',
  ])('refuses "%s"', (text) => {
    expect(canonicalIpv6(text)).toBeUndefined();
  });
  it('names what an address was meant for', () => {
    expect(() => parseIpv6Address('x', 'peer')).toThrow('peer "x" is not an IPv6 address');
  });
  test.prop([fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })])('numbers round-trip', (value) => {
    const address = ipv6FromBigInt(value);
    expect(isIpv6Address(address)).toBe(true);
    expect(ipv6ToBigInt(address)).toBe(value);
  });
});

describe('IPv6 networks', () => {
  it('are read in any form, with zero host bits only', () => {
    expect(canonicalIpv6Cidr('2001:DB8:0::/48')).toBe('2001:db8::/48');
    expect(canonicalIpv6Cidr('::/0')).toBe('::/0');
    for (const text of [
      '2001:db8::1/64',
      '2001:db8::/129',
      '2001:db8::',
      '2001:db8::/64/64',
      '10.0.0.0/8',
    ]) {
      expect([text, canonicalIpv6Cidr(text)]).toEqual([text, undefined]);
    }
  });
  test.prop([anyAddress, fc.integer({ min: 0, max: 128 })])(
    'a network holds its members',
    (a, n) => {
      const network = ipv6NetworkOf(a, n);
      expect(canonicalIpv6Cidr(network)).toBe(network);
      expect(ipv6CidrContains(network, a)).toBe(true);
    },
  );
  test.prop([anyAddress, anyAddress])('a /128 holds one address only', (a, b) => {
    expect(ipv6CidrContains(hostIpv6Cidr(a), b)).toBe(a === b);
  });
  it('cuts a prefix inside a byte', () => {
    const address = '2001:db8:ffff::1' as Ipv6Address;
    expect(ipv6NetworkOf(address, 44)).toBe('2001:db8:fff0::/44');
    expect(ipv6CidrContains('2001:db8:fff0::/44' as Ipv6Cidr, address)).toBe(true);
    expect(ipv6CidrContains('2001:db8:ffe0::/44' as Ipv6Cidr, address)).toBe(false);
  });
});
