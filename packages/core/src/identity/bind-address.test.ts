import { describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from './address.ts';
import { bindAddresses, bindAddressFor } from './bind-address.ts';
import type { BoundPorts, Delivery, TransportProtocol } from './delivery.ts';

const privateIp = '10.0.2.128' as Ipv4Address;
const publicIp = '203.0.113.50' as Ipv4Address;
const networks = {
  vpcCidrs: ['10.0.0.0/16', '100.64.0.0/16'] as Cidr[],
  subnetCidr: '10.0.2.0/24' as Cidr,
};
const sip: BoundPorts = { protocol: 'udp', first: 5060, last: 5060 };

function identityWith(delivery: Delivery, more: object = {}): Parameters<typeof bindAddressFor>[0] {
  const bind = bindAddresses(delivery, { privateIp, publicIp });
  return { ...networks, delivery, bind, ...more };
}

describe('both', () => {
  it.each([
    ['198.51.100.50', privateIp],
    ['10.0.1.100', publicIp],
    ['100.64.7.7', publicIp],
    ['10.1.0.1', privateIp],
    ['10.0.2.77', privateIp],
  ])('for peer %s binds %s', (peer, bound) => {
    expect(bindAddressFor(identityWith('both'), peer)).toBe(bound);
  });

  it.each([
    ['10.0.1.100', publicIp],
    ['10.0.3.100', privateIp],
    ['100.64.7.7', privateIp],
  ])('with the routed subnets named, for %s binds %s', (peer, bound) => {
    const routedCidrs = ['10.0.1.0/24' as Cidr];
    expect(bindAddressFor(identityWith('both', { routedCidrs }), peer)).toBe(bound);
  });
});

const peers = ['198.51.100.50', '10.0.1.100', '10.0.2.77', '10.1.0.1'];
it.each<[Delivery, TransportProtocol, string, object]>([
  ['translate', 'udp', privateIp, { routedCidrs: ['10.0.1.0/24'] }],
  ['translate', 'tcp', privateIp, { routedCidrs: ['10.0.1.0/24'] }],
  ['dnat', 'udp', privateIp, {}],
  ['dnat', 'tcp', privateIp, {}],
  ['rule', 'udp', '0.0.0.0', { routedCidrs: ['10.0.1.0/24'], ports: [sip] }],
  ['any', 'tcp', '0.0.0.0', { ports: [{ ...sip, protocol: 'tcp' }] }],
])('%s binds for %s %s, whoever the peer is', (delivery, protocol, bound, more) => {
  for (const peer of peers) {
    expect(bindAddressFor(identityWith(delivery, more), peer, protocol)).toBe(bound);
  }
});

it.each<[Delivery, TransportProtocol, BoundPorts]>([
  ['any', 'udp', { ...sip, protocol: 'tcp' }],
  ['rule', 'tcp', sip],
])('%s has no address for %s when its ports are of the other', (delivery, protocol, ports) => {
  const identity = identityWith(delivery, { ports: [ports] });
  expect(() => bindAddressFor(identity, '10.0.1.100', protocol)).toThrow(
    expect.objectContaining({ code: 'DeliveryImpossible' }) as Error,
  );
});

it('refuses a peer that is no IPv4 address', () => {
  expect(() => bindAddressFor(identityWith('both'), 'sip.example.com')).toThrow(
    'peer "sip.example.com"',
  );
});
