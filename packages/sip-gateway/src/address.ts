import type { PublicIdentity } from '@truetuple/core';

/** A dotted-quad IPv4 address, checked once at the edge. The same type as in PublicIdentity. */
export type Ipv4Address = PublicIdentity['publicIp'];

/** An IPv4 network with zero host bits, such as 10.0.0.0/16. */
export type Cidr = PublicIdentity['subnetCidr'];

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const exactly = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** Whether it is an IPv4 network with zero host bits. */
export function isCidr(value: unknown): value is Cidr {
  if (typeof value !== 'string') return false;
  const [address = '', length = '', ...more] = value.split('/');
  if (more.length > 0 || !isIpv4Address(address)) return false;
  if (!/^(?:[12]?\d|3[0-2])$/u.test(length)) return false;
  return toNumber(address, address.length) % 2 ** (32 - Number(length)) === 0;
}

/** Four decimal octets without leading zeros. */
export function isIpv4Address(text: string): text is Ipv4Address {
  return exactly.test(text);
}

/** "This network", multicast, and what is reserved, broadcast included (RFC 6890). */
const ofNoHost: readonly Cidr[] = ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'].map(
  (cidr) => cidr as Cidr,
);

/** Whether a host can have it. */
export function isHostAddress(text: string): boolean {
  return isIpv4Address(text) && !ofNoHost.some((cidr) => cidrContains(cidr, text));
}

/** Whether it is an address of this machine alone. */
export function isLoopback(address: Ipv4Address): boolean {
  return address.startsWith('127.');
}

/** Whether the network holds the address. Asked some fifty times for a call: nothing is split or kept. */
export function cidrContains(cidr: Cidr, address: Ipv4Address): boolean {
  const slash = cidr.indexOf('/');
  const size = 2 ** (32 - Number(cidr.slice(slash + 1)));
  const first = toNumber(cidr, slash);
  const start = first - (first % size);
  const value = toNumber(address, address.length);
  return value >= start && value < start + size;
}

/** The dotted quad that `text` begins with, up to `end`. */
function toNumber(text: string, end: number): number {
  let sum = 0;
  let part = 0;
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      sum = sum * 256 + part;
      part = 0;
    } else part = part * 10 + code - 0x30;
  }
  return sum * 256 + part;
}
