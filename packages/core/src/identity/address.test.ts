import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  cidrContains,
  hostCidr,
  ipv4FromNumber,
  ipv4ToNumber,
  isCidr,
  isIpv4Address,
  networkOf,
  parseIpv4Address,
  subnetRouter,
  type Cidr,
  type Ipv4Address,
} from './address.ts';

const anyAddress = fc.integer({ min: 0, max: 0xffff_ffff }).map(ipv4FromNumber);

describe('IPv4 addresses', () => {
  it.each(['0.0.0.0', '255.255.255.255', '10.0.2.128'])('takes %s', (text) => {
    expect(isIpv4Address(text)).toBe(true);
  });
  it.each([
    '',
    '10.0.2',
    '10.0.2.256',
    '010.0.0.1',
    '10.0.2.1 ',
    '10.0.2.1/24',
    '::1',
    '1.2.3.4.5',
  ])('refuses "%s"', (text) => {
    expect(isIpv4Address(text)).toBe(false);
  });
  const octet = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
  const pattern = new RegExp(String.raw`^${octet}(?:\.${octet}){3}$`);
  const part = fc.oneof(
    fc.integer({ min: 0, max: 300 }).map(String),
    fc.constantFrom('', '00', '01', 'a'),
  );
  const anyText = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
  test.prop([anyText], { numRuns: 1000 })(
    'takes what four decimal octets are, and nothing else',
    (text) => {
      expect(isIpv4Address(text)).toBe(pattern.test(text));
    },
  );
  it('names what an address was meant for', () => {
    expect(() => parseIpv4Address('x', 'gateway')).toThrow('gateway "x" is not an IPv4 address');
  });
  test.prop([fc.integer({ min: 0, max: 0xffff_ffff })])('numbers round-trip', (value) => {
    expect(ipv4ToNumber(ipv4FromNumber(value))).toBe(value);
  });
});

describe('networks', () => {
  it.each(['10.0.0.0/16', '0.0.0.0/0', '203.0.113.50/32'])('takes %s', (text) => {
    expect(isCidr(text)).toBe(true);
  });
  it.each([
    '10.0.0.1/16',
    '10.0.0.0/33',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/016',
    '10.0.0.0/08',
    '10.0.0.0/8 ',
    '10.0.0.0/-1',
    '10.0.0.0/1:',
    '10.0.0/8',
    'x/8',
  ])('refuses "%s"', (text) => {
    expect(isCidr(text)).toBe(false);
  });
  test.prop([anyAddress, fc.integer({ min: 0, max: 32 })])(
    'a network holds its members',
    (a, n) => {
      const network = networkOf(a, n);
      expect(isCidr(network)).toBe(true);
      expect(cidrContains(network, a)).toBe(true);
    },
  );
  test.prop([anyAddress, anyAddress])('a /32 holds one address only', (a, b) => {
    expect(cidrContains(hostCidr(a), b)).toBe(a === b);
  });
  it('knows the router of a subnet', () => {
    expect(subnetRouter('10.0.2.0/24' as Cidr)).toBe('10.0.2.1');
    expect(networkOf('10.0.2.128' as Ipv4Address, 25)).toBe('10.0.2.128/25');
  });
});
