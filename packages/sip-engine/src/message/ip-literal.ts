import { isDigit } from './scan.ts';

/** Four decimal numbers of at most 255, with no leading zeros. */
export function isIpv4(text: string): boolean {
  if (text.length < 7 || text.length > 15) return false;
  let parts = 0;
  for (const part of text.split('.')) {
    if (!isOctet(part)) return false;
    parts += 1;
  }
  return parts === 4;
}

function isOctet(part: string): boolean {
  if (part.length === 0 || part.length > 3) return false;
  if (part.length > 1 && part.startsWith('0')) return false;
  for (let at = 0; at < part.length; at += 1) if (!isDigit(part.charCodeAt(at))) return false;
  return Number(part) <= 255;
}

/** RFC 4291 2.2, without a zone. */
export function isIpv6(text: string): boolean {
  return ipv6Groups(text) !== undefined;
}

/** The eight 16-bit groups of an IPv6 address; undefined when it is none. */
function ipv6Groups(text: string): readonly number[] | undefined {
  if (text.length < 2 || text.length > 45 || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves;
  const before = groupsOf(left ?? '', halves.length === 1);
  const after = groupsOf(right ?? '', true);
  if (before === undefined || after === undefined) return undefined;
  const gap = 8 - before.length - after.length;
  if (halves.length === 1) return gap === 0 ? before : undefined;
  return gap < 1 ? undefined : [...before, ...Array.from({ length: gap }, () => 0), ...after];
}

function groupsOf(text: string, mayEndInIpv4: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && isIpv4(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/iu.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** True when both name the same host: IPv6 in any spelling, IPv4, or a name without regard to case. */
export function isSameHost(one: string, other: string): boolean {
  if (one === other) return true;
  const groups = ipv6Groups(one);
  if (groups === undefined) return one.toLowerCase() === other.toLowerCase();
  const others = ipv6Groups(other);
  return others !== undefined && groups.every((group, index) => group === others[index]);
}
