import { CoreError } from '../errors.ts';

/** A dotted-quad IPv4 address, checked once at the edge: four decimal octets without leading zeros. */
export type Ipv4Address = string & { readonly __brand: 'Ipv4Address' };

/** An IPv4 network in CIDR notation whose host bits are zero, such as 10.0.2.0/24. */
export type Cidr = string & { readonly __brand: 'Cidr' };

const dot = '.'.charCodeAt(0);
const zero = '0'.charCodeAt(0);

export function isIpv4Address(text: string): text is Ipv4Address {
  return readIpv4(text, text.length) >= 0;
}

/** The number that the text before `end` writes as a dotted quad; -1 for any other text. */
function readIpv4(text: string, end: number): number {
  let value = 0;
  let octets = 0;
  for (let at = 0; at <= end; octets++) {
    const first = at;
    let octet = 0;
    for (; at < end && text.charCodeAt(at) !== dot; at++) {
      const digit = text.charCodeAt(at) - zero;
      if (!isDigit(digit)) return -1;
      octet = octet * 10 + digit;
    }
    const digits = at - first;
    const hasLeadingZero = digits > 1 && text.charCodeAt(first) === zero;
    if (digits === 0 || digits > 3 || octet > 255 || hasLeadingZero) return -1;
    value = value * 256 + octet;
    at += 1;
  }
  return octets === 4 ? value : -1;
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

export function ipv4ToNumber(address: Ipv4Address): number {
  return readIpv4(address, address.length);
}

export function ipv4FromNumber(value: number): Ipv4Address {
  const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  return `${a}.${b}.${c}.${d}` as Ipv4Address;
}

interface CidrParts {
  readonly first: number;
  readonly prefixLength: number;
}

/** How many addresses a network has. */
function sizeOf({ prefixLength }: Pick<CidrParts, 'prefixLength'>): number {
  return 2 ** (32 - prefixLength);
}

function partsOf(cidr: Cidr): CidrParts {
  const parts = splitCidr(cidr);
  if (parts === undefined) throw new RangeError(`not a network: ${cidr}`);
  return parts;
}

function splitCidr(cidr: string): CidrParts | undefined {
  const slash = cidr.indexOf('/');
  const value = readIpv4(cidr, slash);
  const prefixLength = readPrefixLength(cidr, slash + 1);
  if (slash < 0 || value < 0 || prefixLength < 0 || prefixLength > 32) return undefined;
  return { first: value - (value % sizeOf({ prefixLength })), prefixLength };
}

function isDigit(digit: number): boolean {
  return digit >= 0 && digit <= 9;
}

/** One or two digits from there to the end, without a leading zero; -1 for any other text. */
function readPrefixLength(cidr: string, from: number): number {
  const [tens, units] = [cidr.charCodeAt(from) - zero, cidr.charCodeAt(from + 1) - zero];
  if (cidr.length === from + 1 && isDigit(tens)) return tens;
  const isTwo = cidr.length === from + 2 && tens > 0 && isDigit(tens) && isDigit(units);
  return isTwo ? tens * 10 + units : -1;
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
  return offset >= 0 && offset < sizeOf(parts);
}

/** How many leading bits name the network: 24 of 10.0.2.0/24. */
export function prefixLengthOf(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

/** True when every address of `inner` lies in `outer`. */
export function cidrWithin(inner: Cidr, outer: Cidr): boolean {
  const [small, large] = [partsOf(inner), splitCidr(outer)];
  if (large === undefined) return false;
  return small.first >= large.first && small.first + sizeOf(small) <= large.first + sizeOf(large);
}

/** EC2's router of a subnet: the network address plus one (EC2 user guide, subnet sizing). */
export function subnetRouter(subnet: Cidr): Ipv4Address {
  return ipv4FromNumber(partsOf(subnet).first + 1);
}

/** The /32 of one address, as rules and VPC routes name it. */
export function hostCidr(address: Ipv4Address): Cidr {
  return `${address}/32` as Cidr;
}

/** The first and the last address of a network. */
export function cidrEnds(cidr: Cidr): { readonly first: Ipv4Address; readonly last: Ipv4Address } {
  const parts = partsOf(cidr);
  return {
    first: ipv4FromNumber(parts.first),
    last: ipv4FromNumber(parts.first + sizeOf(parts) - 1),
  };
}
