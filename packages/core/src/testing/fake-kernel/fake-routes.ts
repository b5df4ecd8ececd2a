import { cidrContains, prefixLengthOf, type Ipv4Address } from '../../identity/address.ts';
import type { RouteDecision } from '../../kernel/kernel-port.ts';
import { FakeRefusal } from './fake-refusal.ts';
import {
  isLocalAddress,
  linkByIndex,
  mainTable,
  type FakeRoute,
  type FakeWorld,
} from './fake-world.ts';

/** NLM_F_CREATE | NLM_F_REPLACE: takes the place of the route with the same destination and metric. */
export function putRoute(world: FakeWorld, route: FakeRoute): void {
  // fib_create_info: the source first, then the next hop
  if (route.source !== undefined && !isLocalAddress(world, route.source)) {
    throw new FakeRefusal('EINVAL', 'Invalid prefsrc address');
  }
  if (route.linkIndex !== undefined) checkNextHop(world, route);
  const place = world.routes.findIndex(
    (held) =>
      held.table === route.table &&
      held.destination === route.destination &&
      held.metric === route.metric,
  );
  if (place === -1) world.routes.push(route);
  else world.routes[place] = route;
}

/** What tells one route from another when it is to go. */
export type FakeRouteKey = Pick<
  FakeRoute,
  'table' | 'type' | 'destination' | 'metric' | 'protocol' | 'linkIndex'
>;

/** RTM_DELROUTE: a metric of 0 matches any. */
export function removeRoute(world: FakeWorld, match: FakeRouteKey): void {
  const found = world.routes
    .filter(
      (route) =>
        route.table === match.table &&
        route.type === match.type &&
        route.destination === match.destination &&
        route.linkIndex === match.linkIndex &&
        route.protocol === match.protocol &&
        (match.metric === 0 || route.metric === match.metric),
    )
    .toSorted((a, b) => a.metric - b.metric)[0];
  if (found === undefined) throw new FakeRefusal('ESRCH');
  world.routes = world.routes.filter((route) => route !== found);
}

/** fib_check_nh: the link must be up, and a gateway must be on it, in the route's own table or by rules. */
function checkNextHop(world: FakeWorld, route: FakeRoute): void {
  const { linkIndex, gateway, onlink, table } = route;
  if (linkIndex === undefined) return;
  const link = linkByIndex(world, linkIndex);
  if (gateway === undefined || onlink) {
    if (link.up) return;
    const text = onlink ? 'Nexthop device is not up' : 'Device for nexthop is not up';
    throw new FakeRefusal('ENETDOWN', text);
  }
  const isNear = (candidate: FakeRoute): boolean =>
    candidate.linkIndex === linkIndex && candidate.scope !== 'global';
  const tables = [table, ...world.rules.filter(({ from }) => from === undefined).map(tableOf)];
  if (tables.some((near) => lookupTable(world, near, gateway, isNear) !== undefined)) return;
  throw new FakeRefusal('ENETUNREACH', 'Nexthop has invalid gateway');
}

interface Ipv4Lookup {
  readonly from: Ipv4Address;
  readonly to: Ipv4Address;
}

/** RTM_GETROUTE with a source: rules in their order, then the longest prefix and the least metric. */
export function decideRoute(world: FakeWorld, { from, to }: Ipv4Lookup): RouteDecision {
  // as Linux 6.18 says it; older kernels say EINVAL
  if (!isLocalAddress(world, from)) return { kind: 'unreachable', reason: 'ENETUNREACH' };
  // of a delivery to itself the kernel keeps no table, and reports main
  if (isLocalAddress(world, to)) return { kind: 'link', linkName: 'lo', table: mainTable };
  const route = lookup(world, { from, to });
  const link = world.links.find(({ index }) => index === route?.linkIndex);
  if (route?.type === 'unreachable') return { kind: 'unreachable', reason: 'EHOSTUNREACH' };
  if (route?.type === 'blackhole') return { kind: 'unreachable', reason: 'EINVAL' };
  if (route === undefined || link === undefined) {
    return { kind: 'unreachable', reason: 'ENETUNREACH' };
  }
  const { table, gateway } = route;
  return gateway === undefined
    ? { kind: 'link', linkName: link.name, table }
    : { kind: 'link', linkName: link.name, table, gateway };
}

/** A lookup knows no ports, and rules with further selectors are not modelled: neither is matched. */
function lookup(world: FakeWorld, { from, to }: Ipv4Lookup): FakeRoute | undefined {
  for (const rule of world.rules) {
    if (
      rule.hasMore ||
      rule.ports !== undefined ||
      (rule.from !== undefined && !cidrContains(rule.from, from))
    )
      continue;
    const route = lookupTable(world, rule.table, to);
    if (route !== undefined) return route;
  }
  return undefined;
}

function lookupTable(
  world: FakeWorld,
  table: number,
  to: Ipv4Address,
  isMeant: (route: FakeRoute) => boolean = () => true,
): FakeRoute | undefined {
  let best: FakeRoute | undefined;
  for (const route of world.routes) {
    if (route.table !== table || !cidrContains(route.destination, to) || !isMeant(route)) continue;
    if (best === undefined || isNearer(route, best)) best = route;
  }
  return best;
}

/** The longer prefix, then the lesser metric. */
function isNearer(a: FakeRoute, b: FakeRoute): boolean {
  const longerBy = prefixLengthOf(a.destination) - prefixLengthOf(b.destination);
  return longerBy > 0 || (longerBy === 0 && a.metric < b.metric);
}

function tableOf({ table }: { readonly table: number }): number {
  return table;
}
