import { inputError } from '../errors.ts';

/** The two address families this package handles. */
export type Family = 'ipv4' | 'ipv6';

/** An address as on the wire: 4 or 16 bytes in network order. */
export interface IpPrefix {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
}

const remedy = 'Give an IPv4 or IPv6 address, such as 10.0.2.128 or 2001:db8::1.';

/** Parses `10.0.2.128` or `2001:db8::1` into 4 or 16 bytes; undefined when it is neither. */
export function tryParseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** @throws NetlinkError `EINPUT` when the text is no address. */
export function parseIpAddress(text: string): Uint8Array {
  const bytes = tryParseIpAddress(text);
  if (bytes === undefined) throw inputError(`"${text}" is not an IP address`, remedy);
  return bytes;
}

/** Parses `10.0.2.128/24`; without a length the prefix is the whole address. */
export function parseIpPrefix(text: string): IpPrefix {
  const slash = text.indexOf('/');
  const bytes = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  const bits = bytes.length * 8;
  const prefixLength = slash < 0 ? bits : parsePrefixLength(text, slash + 1);
  if (!(prefixLength <= bits)) {
    throw inputError(`"${text}" has no prefix length from 0 to ${String(bits)}`, remedy);
  }
  return { family: bits === 32 ? 'ipv4' : 'ipv6', bytes, prefixLength };
}

/** One to three digits, from there to the end; NaN when it is anything else. */
function parsePrefixLength(text: string, from: number): number {
  const digits = text.length - from;
  if (digits < 1 || digits > 3) return Number.NaN;
  let value = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** 4 bytes give dotted decimals, 16 the canonical form of RFC 5952. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) {
    return `${String(bytes[0])}.${String(bytes[1])}.${String(bytes[2])}.${String(bytes[3])}`;
  }
  if (bytes.length === 16) return formatIpv6(bytes);
  throw inputError(`${String(bytes.length)} bytes are no IP address`, remedy);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let index = 0;
  let digits = 0;
  let value = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? 0x2e : text.charCodeAt(at);
    if (code === 0x2e) {
      if (digits === 0 || value > 255 || index > 3) return undefined;
      bytes[index++] = value;
      digits = 0;
      value = 0;
    } else {
      // A leading zero would mean octal to some readers (RFC 6943 section 3.1.1): refused.
      if (code < 0x30 || code > 0x39 || digits === 3 || (digits > 0 && value === 0))
        return undefined;
      value = value * 10 + (code - 0x30);
      digits++;
    }
  }
  return index === 4 ? bytes : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (mayEndInIpv4 && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => pair(bytes, index));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${formatIpAddress(bytes.subarray(12))}`;
  const zeros = longestZeros(groups);
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function pair(bytes: Uint8Array, index: number): number {
  return ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0);
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
