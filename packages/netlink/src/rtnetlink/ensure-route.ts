import type { Program } from '../plan.ts';
import { NetlinkError } from '../errors.ts';
import { formatIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Ensured } from './outcome.ts';
import type { NewRoute, Route, RouteMetrics } from './route.ts';
import type { Routes } from './routes.ts';
import { hasAll } from './same.ts';

const mainTable = 254;
const protocolStatic = 4;
/** IP6_RT_PRIO_USER: what an IPv6 route without a metric gets. */
const usualIpv6Metric = 1024;

/** One route for a destination, metric and type of service in a table: the wanted one. */
export function* ensureRoute(routes: Routes<'plan'>, route: NewRoute): Program<Ensured> {
  const wanted = normalisedRoute(route);
  const { table, family } = wanted;
  const standing = (yield* routes.list({ table, family })).filter((one) =>
    isLikeRoute(one, wanted),
  );
  if (standing.some((one) => isRouteAsWanted(one, wanted))) return 'unchanged';
  if (standing.length > 0) {
    yield* routes.replace(route);
    return 'replaced';
  }
  try {
    yield* routes.add(route);
    return 'created';
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isExists) throw error;
    // somebody else added one meanwhile
    yield* routes.replace(route);
    return 'replaced';
  }
}

/** With what names it written out, as the kernel writes it. */
export type WantedRoute = NewRoute & Pick<Route, 'family' | 'table' | 'destination'>;

export function normalisedRoute(route: NewRoute): WantedRoute {
  const { family, bytes, prefixLength } = parseIpPrefix(route.destination);
  const { gateway, preferredSource, nextHops } = route;
  return {
    ...route,
    family,
    table: route.table ?? mainTable,
    destination: `${formatIpAddress(bytes)}/${String(prefixLength)}`,
    ...(gateway === undefined ? {} : { gateway: canonical(gateway) }),
    ...(preferredSource === undefined ? {} : { preferredSource: canonical(preferredSource) }),
    ...(nextHops === undefined ? {} : { nextHops: nextHops.map(normalisedHop) }),
  };
}

function normalisedHop<T extends { readonly gateway?: string }>(hop: T): T {
  return hop.gateway === undefined ? hop : { ...hop, gateway: canonical(hop.gateway) };
}

/** An address as the kernel writes it. */
function canonical(address: string): string {
  return formatIpAddress(parseIpPrefix(address).bytes);
}

/** What makes two routes take each other's place (fib_table_insert, fib6_add_rt2node). */
export function isLikeRoute(found: Route, wanted: WantedRoute): boolean {
  const usual = wanted.family === 'ipv4' ? 0 : usualIpv6Metric;
  return (
    found.destination === wanted.destination &&
    found.source === wanted.source &&
    (found.metric ?? 0) === (wanted.metric ?? usual) &&
    (found.typeOfService ?? 0) === (wanted.typeOfService ?? 0)
  );
}

/** What a route has only when it was given: it is not left over from another one. */
const given = ['preferredSource', 'expiresSeconds', 'nextHopId'] as const;

/** What is not given is as `add` would make it: a route of another protocol, with an MTU or with a source is not the same. */
export function isRouteAsWanted(found: Route, wanted: WantedRoute): boolean {
  const { metric: _metric, scope: _scope, nextHops, onlink, metrics, preference, ...rest } = wanted;
  return (
    hasAll(found, rest) &&
    found.type === (wanted.type ?? 'unicast') &&
    found.protocol === (wanted.protocol ?? protocolStatic) &&
    (wanted.scope === undefined || found.scope === wanted.scope) &&
    (found.mtu ?? 0) === (wanted.mtu ?? 0) &&
    metricsText(found.metrics) === metricsText(metrics) &&
    (found.preference ?? 'medium') === (preference ?? 'medium') &&
    given.every((name) => found[name] === wanted[name]) &&
    // of a nexthop object the kernel tells what it holds now, too
    (wanted.nextHopId !== undefined ||
      (found.gateway === wanted.gateway &&
        (onlink ?? false) === (found.onlink ?? false) &&
        hasNextHops(found.nextHops ?? [], nextHops ?? [])))
  );
}

/** Equal for metrics that are: a metric of 0 is none, the order does not matter. */
function metricsText({ locked = [], ...metrics }: RouteMetrics = {}): string {
  const values = Object.entries(metrics).filter(([, value]) => value !== 0);
  return [...values.map((entry) => entry.join('=')), ...locked].toSorted().join();
}

function hasNextHops(
  found: NonNullable<Route['nextHops']>,
  wanted: NonNullable<NewRoute['nextHops']>,
): boolean {
  return (
    found.length === wanted.length &&
    wanted.every(({ gateway, linkIndex, weight = 1 }) =>
      found.some((hop) => hasAll(hop, { gateway, linkIndex, weight })),
    )
  );
}
