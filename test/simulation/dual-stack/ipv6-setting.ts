import type { IdentitySpecInput } from '@truetuple/core';

/** Of the VPC, and of the subnet of all media ENIs. */
export const vpcIpv6Cidr = '2001:db8:0:200::/56';
export const subnetIpv6Cidr = '2001:db8:0:202::/64';

/** Of the tag of a network interface that says whose an IPv6 address is; the address follows. */
export const recordPrefix = 'truetuple/ipv6/';

/** The UID in a record: cluster/namespace/pod/uid/pool. */
export function uidIn(record: string | undefined): string | undefined {
  return record?.split('/')[3];
}

const foreignPrefix = '2001:db8:0:202:f::';

/** Every eighth seed of direct mode and every fourth of managed mode has pods with an IPv6 address beside their Elastic IP. */
export function isDualStack(seed: number): boolean {
  return seed % 8 === 2 || seed % 16 === 15;
}

/** An address that others assigned to a host's ENI, and that no record names. */
export function foreignIpv6(host: number): string {
  return `${foreignPrefix}${host + 1}`;
}

export function isForeignIpv6(address: string): boolean {
  return address.startsWith(foreignPrefix);
}

/** What the spec of a dual-stack pod has besides: its address is made of its name. */
export const ipv6Spec: Pick<
  IdentitySpecInput,
  'addressFamilies' | 'subnetIpv6Cidr' | 'gatewayIpv6' | 'vpcIpv6Cidrs'
> = {
  addressFamilies: ['ipv4', 'ipv6'],
  subnetIpv6Cidr,
  gatewayIpv6: 'fe80::1',
  vpcIpv6Cidrs: [vpcIpv6Cidr],
};
