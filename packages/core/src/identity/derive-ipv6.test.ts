import { expect, it } from 'vitest';
import { deriveIpv6 } from './derive-ipv6.ts';
import { ipv6CidrContains, type Ipv6Cidr } from './ipv6-address.ts';

const subnet = '2001:db8:0:202::/64' as Ipv6Cidr;
const owner = (pod: string, uid = 'u1') => ({ cluster: 'prod', namespace: 'sip', pod, uid });

it('is the same for each pod of a name, and lies in the subnet', () => {
  const address = deriveIpv6(subnet, owner('gw-0'));
  expect(address).toBe('2001:db8:0:202:dfd1:87b0:6ad3:55dc');
  expect(deriveIpv6(subnet, owner('gw-0', 'u2'))).toBe(address);
  expect(ipv6CidrContains(subnet, address)).toBe(true);
});

it('is another for each name and each subnet', () => {
  const names = Array.from({ length: 2000 }, (_, index) =>
    deriveIpv6(subnet, owner(`gw-${index}`)),
  );
  const elsewhere = deriveIpv6('2001:db8:0:203::/64' as Ipv6Cidr, owner('gw-0'));
  expect(new Set([...names, elsewhere]).size).toBe(2001);
  const hosts = new Set(names.map((address) => address.slice('2001:db8:0:202:'.length)));
  expect(hosts.has(elsewhere.slice('2001:db8:0:203:'.length))).toBe(false);
});
