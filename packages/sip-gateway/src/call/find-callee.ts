import { nextHop, parseUri, type Resolver } from '@truetuple/sip-engine';
import { isIpv4Address, type Ipv4Address } from '../address.ts';
import { statusOf } from '../errors.ts';
import type { Callee } from '../sip/signalling.ts';
import type { PathTo } from '../media/relay-turn.ts';

/** Whom to call, or the status that refuses the caller. */
export type FoundCallee =
  | { readonly kind: 'callee'; readonly callee: Callee }
  | { readonly kind: 'refused'; readonly status: number };

/** What a URI leads to before names are resolved. */
export type CalleeTarget =
  | FoundCallee
  | { readonly kind: 'name'; readonly uri: string; readonly name: string; readonly port: number };

/** What a URI says of who is called, whatever network that is in. */
export type CalleeHop =
  | { readonly kind: 'address'; readonly address: Ipv4Address }
  | { readonly kind: 'name'; readonly name: string; readonly port: number }
  /** No call can go there: `because` goes on from "the URI". */
  | { readonly kind: 'unusable'; readonly because: string };

export function calleeHop(uri: string): CalleeHop {
  const parsed = parseUri(uri);
  if (parsed?.kind !== 'sip') return { kind: 'unusable', because: 'is no SIP URI' };
  const { transport, ...hop } = nextHop(parsed);
  if (transport !== 'udp') {
    return { kind: 'unusable', because: `asks for ${transport}, and calls go out over UDP` };
  }
  if (hop.kind === 'name') return { kind: 'name', name: hop.name, port: hop.port };
  const { address } = hop;
  return isIpv4Address(address)
    ? { kind: 'address', address }
    : { kind: 'unusable', because: `leads to ${address}, and calls go out over IPv4` };
}

/** Reads where a route leads. A URI that no call can go to is a mistake in the route: 500. */
export function calleeTarget(pathTo: PathTo, uri: string): CalleeTarget {
  const hop = calleeHop(uri);
  switch (hop.kind) {
    case 'address':
      return checked(pathTo, { uri, address: hop.address, nextHop: undefined });
    case 'name':
      return { kind: 'name', uri, name: hop.name, port: hop.port };
    case 'unusable':
      return refused(500);
    default:
      return hop satisfies never;
  }
}

/**
 * Finds the address behind a name (RFC 3263, section 4.2, A records), since the class of the callee, and with it what it
 * is told, follows from that. The Request-URI keeps the name.
 *
 * A name with no IPv4 address is refused with 502: RFC 3261, section 16.9, makes of a next hop that cannot be reached a
 * 503 of that hop, which section 16.7 forbids to pass on; 404 would claim to know that the user does not exist.
 */
export async function resolveCallee(
  pathTo: PathTo,
  resolver: Resolver,
  { uri, name, port }: CalleeTarget & { readonly kind: 'name' },
): Promise<FoundCallee> {
  const address = await firstIpv4(resolver, name);
  return address === undefined
    ? refused(502)
    : checked(pathTo, { uri, address, nextHop: `sip:${address}:${port};lr` });
}

async function firstIpv4(resolver: Resolver, name: string): Promise<Ipv4Address | undefined> {
  try {
    return (await resolver.addressesOf(name)).find(isIpv4Address);
  } catch {
    // NXDOMAIN and a server that fails alike: there is nobody to call
    return undefined;
  }
}

function checked(pathTo: PathTo, callee: Callee): FoundCallee {
  const path = pathTo(callee.address);
  return path.kind === 'path' ? { kind: 'callee', callee } : refused(statusOf(path.code));
}

function refused(status: number): { readonly kind: 'refused'; readonly status: number } {
  return { kind: 'refused', status };
}
