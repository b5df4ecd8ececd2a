import { CoreError } from '../errors.ts';
import { bytesOfIp, ipOfBytes } from './ip-text.ts';

/** An IPv6 address without a zone, in the one text form of RFC 5952: two that are equal are equal texts. */
export type Ipv6Address = string & { readonly __brand: 'Ipv6Address' };

/** An IPv6 network whose host bits are zero, its address as RFC 5952 writes it: 2001:db8:0:2::/64. */
export type Ipv6Cidr = string & { readonly __brand: 'Ipv6Cidr' };

/** True for an address in its canonical form only. */
export function isIpv6Address(text: string): text is Ipv6Address {
  return canonicalIpv6(text) === text;
}

/** The canonical form of an address in any form; undefined when it is none. */
export function canonicalIpv6(text: string): Ipv6Address | undefined {
  const bytes = bytesOfIp(text);
  return bytes?.length === 16 ? (ipOfBytes(bytes) as Ipv6Address) : undefined;
}

/** Parses an IPv6 address in any form or throws SpecInvalid naming `what` it was meant for. */
export function parseIpv6Address(text: string, what = 'address'): Ipv6Address {
  const address = canonicalIpv6(text);
  if (address !== undefined) return address;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `${what} "${text}" is not an IPv6 address`,
    remedy: 'Give eight groups of hexadecimal digits or fewer with "::", such as 2001:db8::50.',
    retry: 'never',
  });
}

/** The network of a text such as 2001:db8::/32; undefined for any other text and for host bits that are not zero. */
export function canonicalIpv6Cidr(text: string): Ipv6Cidr | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const own = canonicalIpv6(address);
  if (own === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(length))
    return undefined;
  const prefixLength = Number(length);
  if (prefixLength > 128) return undefined;
  const network = ipv6NetworkOf(own, prefixLength);
  return network === `${own}/${prefixLength}` ? network : undefined;
}

/** The network that an address with a prefix length lies in: 2001:db8::50/64 gives 2001:db8::/64. */
export function ipv6NetworkOf(address: Ipv6Address, prefixLength: number): Ipv6Cidr {
  const network = bytesOf(address).map((byte, index) => byte & maskByte(prefixLength, index));
  return `${ipOfBytes(network)}/${prefixLength}` as Ipv6Cidr;
}

export function ipv6CidrContains(cidr: Ipv6Cidr, address: Ipv6Address): boolean {
  const slash = cidr.indexOf('/');
  const prefixLength = Number(cidr.slice(slash + 1));
  if (prefixLength === 0) return true;
  if (prefixLength === 128) return cidr.slice(0, slash) === address;
  return ipv6NetworkOf(address, prefixLength) === cidr;
}

/** The /128 of one address, as rules name it. */
export function hostIpv6Cidr(address: Ipv6Address): Ipv6Cidr {
  return `${address}/128` as Ipv6Cidr;
}

/** 128 bits as a number, the first group the most significant. */
export function ipv6ToBigInt(address: Ipv6Address): bigint {
  return bytesOf(address).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The address of a number below 2 to the 128th. */
export function ipv6FromBigInt(value: bigint): Ipv6Address {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) =>
    Number((value >> BigInt(8 * (15 - index))) & 0xffn),
  );
  return ipOfBytes(bytes) as Ipv6Address;
}

function bytesOf(address: Ipv6Address): Uint8Array {
  const bytes = bytesOfIp(address);
  if (bytes?.length !== 16) throw new RangeError(`no IPv6 address: ${address}`);
  return bytes;
}

/** Those bits of a byte that belong to the prefix. */
function maskByte(prefixLength: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixLength - 8 * index));
  return (0xff << (8 - bits)) & 0xff;
}
