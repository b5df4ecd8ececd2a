import { canonicalIpv6 } from './ipv6-address.ts';

/** RFC 8489 section 7: the port of STUN over UDP. */
const defaultPort = 3478;

/** A STUN server, by name or address. */
export interface StunServerName {
  /** A name, dotted quads, or an IPv6 address as RFC 5952 writes it, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** "stun.example.com:3478", "198.51.100.50", "[2001:db8::1]:3478" or the like; undefined when it is none. */
export function parseStunServer(text: string): StunServerName | undefined {
  const match =
    /^(?:stun:)?(?:\[([0-9a-f:]+)\]|([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::(\d{1,5}))?$/i.exec(
      text,
    );
  const [, literal, name, portText] = match ?? [];
  // RFC 3986 section 3.2.2: an IPv6 address stands in brackets
  const host = literal === undefined ? name : canonicalIpv6(literal);
  const port = portText === undefined ? defaultPort : Number(portText);
  if (host === undefined || port < 1 || port > 0xffff) return undefined;
  return { host, port };
}
