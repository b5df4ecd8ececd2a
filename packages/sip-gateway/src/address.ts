import type { PublicIdentity } from '@truetuple/core';

/** A dotted-quad IPv4 address, checked once at the edge. The same type as in PublicIdentity. */
export type Ipv4Address = PublicIdentity['publicIp'];

/** An IPv4 network with zero host bits, such as 10.0.0.0/16. */
export type Cidr = PublicIdentity['subnetCidr'];

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const exactly = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** Four decimal octets without leading zeros. */
export function isIpv4Address(text: string): text is Ipv4Address {
  return exactly.test(text);
}

/** Whether the network holds the address. */
export function cidrContains(cidr: Cidr, address: Ipv4Address): boolean {
  const { first, size } = span(cidr);
  const start = first - (first % size);
  const value = toNumber(address);
  return value >= start && value < start + size;
}

function span(cidr: Cidr): { readonly first: number; readonly size: number } {
  const [address, length] = cidr.split('/') as [Ipv4Address, string];
  return { first: toNumber(address), size: 2 ** (32 - Number(length)) };
}

function toNumber(address: Ipv4Address): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
