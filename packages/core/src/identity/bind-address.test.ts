import { expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from './address.ts';
import { bindAddressFor } from './bind-address.ts';

const identity = {
  vpcCidrs: ['10.0.0.0/16', '100.64.0.0/16'] as Cidr[],
  subnetCidr: '10.0.2.0/24' as Cidr,
  bind: { internet: '10.0.2.128' as Ipv4Address, vpc: '203.0.113.50' as Ipv4Address },
};

it.each([
  ['198.51.100.50', '10.0.2.128'],
  ['10.0.1.100', '203.0.113.50'],
  ['100.64.7.7', '203.0.113.50'],
  ['10.1.0.1', '10.0.2.128'],
  ['10.0.2.77', '10.0.2.128'],
])('for peer %s binds %s', (peer, bound) => {
  expect(bindAddressFor(identity, peer)).toBe(bound);
});

it('refuses a peer that is no IPv4 address', () => {
  expect(() => bindAddressFor(identity, 'sip.example.com')).toThrow('peer "sip.example.com"');
});
