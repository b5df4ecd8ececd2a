import { isIpv6 } from './ip-literal.ts';
import { isDigit, skipBlank } from './scan.ts';

/** A host and perhaps a port, as SIP writes them. */
export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without its brackets; as written. */
  readonly host: string;
  /** 1 to 65535; undefined when none is written. */
  readonly port: number | undefined;
}

/** What was read, and where it ended. */
interface HostPortRead extends HostPort {
  readonly end: number;
}

/**
 * Reads `host [":" port]` from `from` on. Blanks around the colon are allowed only where the grammar says COLON
 * (Via, RFC 3261 25.1), not in a URI. undefined when there is no host, or no port after a colon.
 */
export function readHostPort(
  text: string,
  from: number,
  mayHaveBlanks: boolean,
): HostPortRead | undefined {
  const isReference = text.charCodeAt(from) === 0x5b;
  const hostEnd = isReference ? referenceEnd(text, from) : nameEnd(text, from);
  if (hostEnd <= from) return undefined;
  const host = isReference ? text.slice(from + 1, hostEnd - 1) : text.slice(from, hostEnd);
  const colon = mayHaveBlanks ? skipBlank(text, hostEnd) : hostEnd;
  if (text.charCodeAt(colon) !== 0x3a) return { host, port: undefined, end: hostEnd };
  const start = mayHaveBlanks ? skipBlank(text, colon + 1) : colon + 1;
  let port = 0;
  let end = start;
  for (; end < text.length && isDigit(text.charCodeAt(end)) && port <= 65_535; end += 1) {
    port = port * 10 + text.charCodeAt(end) - 0x30;
  }
  return port === 0 || port > 65_535 ? undefined : { host, port, end };
}

/** `text[from]` is "[": past the closing bracket of an IPv6 reference, or -1. */
function referenceEnd(text: string, from: number): number {
  const close = text.indexOf(']', from);
  return close > 0 && isIpv6(text.slice(from + 1, close)) ? close + 1 : -1;
}

/** Letters, digits, "-", "." and, because hosts are named so, "_". */
function nameEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!isLetter && !isDigit(code) && code !== 0x2d && code !== 0x2e && code !== 0x5f) break;
  }
  return at;
}

/** "example.com", "192.0.2.1:5060" or "[2001:db8::1]:5060". */
export function hostPortText({ host, port }: HostPort): string {
  const written = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? written : `${written}:${port}`;
}
