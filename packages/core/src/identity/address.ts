import { CoreError } from '../errors.ts';

/** A dotted-quad IPv4 address, checked once at the edge: four decimal octets without leading zeros. */
export type Ipv4Address = string & { readonly __brand: 'Ipv4Address' };

/** An IPv4 network in CIDR notation whose host bits are zero, such as 10.0.2.0/24. */
export type Cidr = string & { readonly __brand: 'Cidr' };

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4Pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

export function isIpv4Address(text: string): text is Ipv4Address {
  return ipv4Pattern.test(text);
}

/** Parses an IPv4 address or throws SpecInvalid naming `what` it was meant for. */
export function parseIpv4Address(text: string, what = 'address'): Ipv4Address {
  if (isIpv4Address(text)) return text;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `${what} "${text}" is not an IPv4 address`,
    remedy: 'Give four decimal octets, such as 203.0.113.50.',
    retry: 'never',
  });
}

const dot = '.'.charCodeAt(0);
const zero = '0'.charCodeAt(0);

export function ipv4ToNumber(address: Ipv4Address): number {
  let value = 0;
  let octetValue = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === dot) {
      value = value * 256 + octetValue;
      octetValue = 0;
    } else octetValue = octetValue * 10 + code - zero;
  }
  return value * 256 + octetValue;
}

export function ipv4FromNumber(value: number): Ipv4Address {
  const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  return `${a}.${b}.${c}.${d}` as Ipv4Address;
}

interface CidrParts {
  readonly first: number;
  readonly prefixLength: number;
}

const prefixLengthPattern = /^(?:3[0-2]|[12]?\d)$/;

function splitCidr(cidr: string): CidrParts | undefined {
  const slash = cidr.indexOf('/');
  const address = cidr.slice(0, slash);
  const length = cidr.slice(slash + 1);
  if (slash < 0 || !isIpv4Address(address) || !prefixLengthPattern.test(length)) return undefined;
  const prefixLength = Number(length);
  const value = ipv4ToNumber(address);
  return { first: value - (value % 2 ** (32 - prefixLength)), prefixLength };
}

/** True for a network in CIDR notation with zero host bits. */
export function isCidr(text: string): text is Cidr {
  const parts = splitCidr(text);
  return parts !== undefined && text === `${ipv4FromNumber(parts.first)}/${parts.prefixLength}`;
}

/** The network that an address with a prefix length lies in: 10.0.2.128/24 gives 10.0.2.0/24. */
export function networkOf(address: Ipv4Address, prefixLength: number): Cidr {
  const parts = splitCidr(`${address}/${prefixLength}`);
  if (parts === undefined) throw new RangeError(`no network: ${address}/${prefixLength}`);
  return `${ipv4FromNumber(parts.first)}/${prefixLength}` as Cidr;
}

export function cidrContains(cidr: Cidr, address: Ipv4Address): boolean {
  const parts = splitCidr(cidr);
  if (parts === undefined) return false;
  const offset = ipv4ToNumber(address) - parts.first;
  return offset >= 0 && offset < 2 ** (32 - parts.prefixLength);
}

/** How many leading bits name the network: 24 of 10.0.2.0/24. */
export function prefixLengthOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** True when every address of `inner` lies in `outer`. */
export function cidrWithin(inner: Cidr, outer: Cidr): boolean {
  const { first, last } = cidrEnds(inner);
  return cidrContains(outer, first) && cidrContains(outer, last);
}

/** EC2's router of a subnet: the network address plus one (EC2 user guide, subnet sizing). */
export function subnetRouter(subnet: Cidr): Ipv4Address {
  const parts = splitCidr(subnet);
  if (parts === undefined) throw new RangeError(`not a network: ${subnet}`);
  return ipv4FromNumber(parts.first + 1);
}

/** The /32 of one address, as rules and VPC routes name it. */
export function hostCidr(address: Ipv4Address): Cidr {
  return `${address}/32` as Cidr;
}

/** The first and the last address of a network. */
export function cidrEnds(cidr: Cidr): { readonly first: Ipv4Address; readonly last: Ipv4Address } {
  const parts = splitCidr(cidr);
  if (parts === undefined) throw new RangeError(`not a network: ${cidr}`);
  const last = parts.first + 2 ** (32 - parts.prefixLength) - 1;
  return { first: ipv4FromNumber(parts.first), last: ipv4FromNumber(last) };
}
