import { isSameHost } from './ip-literal.ts';
import type { Parameter } from './parameter.ts';
import { type SipUri, type Uri, uriText } from './uri.ts';

/** Never ignored when only one of two URIs has them (RFC 3261 19.1.4). */
const decisive = ['user', 'ttl', 'method', 'maddr', 'transport'];

/**
 * RFC 3261 19.1.4. Not transitive, by design of the RFC. An absent port differs from the written default one. URIs of
 * other schemes are equal when their texts are.
 */
export function isEqualUri(one: Uri, other: Uri): boolean {
  if (uriText(one) === uriText(other)) return true;
  if (one.kind === 'other' || other.kind === 'other') return false;
  return (
    one.scheme === other.scheme &&
    one.port === other.port &&
    isSameHost(one.host, other.host) &&
    isSameEscaped(one.user, other.user) &&
    isSameEscaped(one.password, other.password) &&
    hasSameParameters(one, other) &&
    hasSameHeaders(one.headers, other.headers)
  );
}

const isMinor = (name: string): boolean => !decisive.includes(name);
const neverMisses = (): boolean => false;

function hasSameParameters(one: SipUri, other: SipUri): boolean {
  return (
    isCovered(one.parameters, other.parameters, isMinor) &&
    isCovered(other.parameters, one.parameters, isMinor)
  );
}

function hasSameHeaders(one: readonly Parameter[], other: readonly Parameter[]): boolean {
  return (
    one.length === other.length &&
    isCovered(one, other, neverMisses) &&
    isCovered(other, one, neverMisses)
  );
}

/** True when each of `some` is in `others` with the same value, or may be missing there. */
function isCovered(
  some: readonly Parameter[],
  others: readonly Parameter[],
  mayMiss: (name: string) => boolean,
): boolean {
  const values = new Map(others.map(({ name, value }) => [name.toLowerCase(), value]));
  return some.every(({ name, value }) => {
    const key = name.toLowerCase();
    if (!values.has(key)) return mayMiss(key);
    return isSameEscaped(value?.toLowerCase(), values.get(key)?.toLowerCase());
  });
}

function isSameEscaped(one: string | undefined, other: string | undefined): boolean {
  if (one === other) return true;
  return one !== undefined && other !== undefined && unescapePlain(one) === unescapePlain(other);
}

/** Takes away the escapes that change nothing: those of printable characters outside the reserved set. */
function unescapePlain(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}/giu, (escape) => {
    const plain = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[!-~]/u.test(plain) && !';/?:@&=+$,%'.includes(plain) ? plain : escape.toUpperCase();
  });
}
