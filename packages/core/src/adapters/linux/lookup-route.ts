import { NetlinkError, type Rtnetlink, type Route } from '@truetuple/netlink';
import { parseIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import { parseIpv6Address, type Ipv6Address } from '../../identity/ipv6-address.ts';
import type { RouteDecision, RouteLookup } from '../../kernel/kernel-port.ts';

/**
 * What a lookup without a way out ends with: no route (ENETUNREACH), an unreachable route
 * (EHOSTUNREACH), a prohibit route (EACCES), a blackhole or a source that is not ours (EINVAL).
 */
const noWayOut: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL']);

/** RTM_GETROUTE: which way a packet would leave. */
export async function lookupRoute(
  netlink: Rtnetlink,
  { from, to }: RouteLookup,
): Promise<RouteDecision> {
  try {
    return await describeRoute(netlink, await netlink.routes.lookup({ from, to }));
  } catch (error) {
    if (!NetlinkError.is(error) || !noWayOut.has(error.code)) throw error;
    return { kind: 'unreachable', reason: error.code };
  }
}

async function describeRoute(netlink: Rtnetlink, route: Route): Promise<RouteDecision> {
  const { linkIndex, gateway, table, type } = route;
  if (linkIndex === undefined) return { kind: 'unreachable', reason: String(type) };
  const link = await netlink.links.get({ index: linkIndex });
  // the link went between the two questions
  if (link === undefined) return { kind: 'unreachable', reason: 'ENODEV' };
  const linkName = link.name;
  return gateway === undefined
    ? { kind: 'link', linkName, table }
    : { kind: 'link', linkName, table, gateway: readGateway(gateway) };
}

function readGateway(gateway: string): Ipv4Address | Ipv6Address {
  return gateway.includes(':') ? parseIpv6Address(gateway) : parseIpv4Address(gateway);
}
