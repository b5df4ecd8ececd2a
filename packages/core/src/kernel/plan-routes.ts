import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { LinkState, TableRoute } from './kernel-port.ts';
import {
  defaultDestination,
  failClosedMetric,
  truetupleProtocol,
  type KernelStep,
} from './kernel-step.ts';
import { internetMtu, type WantedLink } from './wanted-link.ts';

type ReplaceRoute = Extract<KernelStep, { readonly kind: 'replace-route' }>;

export interface PlannedRoutes {
  readonly add: readonly KernelStep[];
  /** Routes of ours that are wanted no more: to be carried out after `add`. */
  readonly remove: readonly KernelStep[];
}

/** The route that keeps a table closed when all others have vanished. */
export function isFailClosedRoute(route: TableRoute): boolean {
  return (
    route.type === 'unreachable' &&
    route.destination === defaultDestination &&
    route.metric === failClosedMetric &&
    route.protocol === truetupleProtocol
  );
}

/** Routes of the link's table, the nearest first: the kernel checks a gateway against what is there. */
export function planRoutes(state: LinkState, wanted: WantedLink): PlannedRoutes {
  const routes = wantedRoutes(state, wanted);
  const kept = new Set<TableRoute>();
  const add: KernelStep[] = [];
  for (const route of routes) {
    const present = state.routes.find((candidate) => isAsWanted(candidate, route));
    if (present === undefined) add.push(route);
    else kept.add(present);
  }
  const replaced = new Set(routes.map(({ destination }) => destination));
  const remove = ourUnicastRoutes(state)
    .filter((route) => !kept.has(route))
    .filter((route) => route.metric !== 0 || !replaced.has(route.destination))
    .map((route) => removal(state, wanted.table, route));
  return { add, remove };
}

/** What release takes away from a link that no identity is held on any more. */
export function planReleasedRoutes(state: LinkState, table: number): KernelStep[] {
  return ourUnicastRoutes(state).map((route) => removal(state, table, route));
}

function wantedRoutes(state: LinkState, wanted: WantedLink): ReplaceRoute[] {
  const { table, gateway, subnetCidr } = wanted;
  const { linkIndex, linkName } = state;
  const onLink = { table, linkIndex, linkName };
  const vpcCidrs = new Set(wanted.vpcCidrs.filter((cidr) => cidr !== subnetCidr));
  return [
    subnetRoute(onLink, subnetCidr),
    ...[...vpcCidrs].map((destination) => vpcRoute(onLink, destination, gateway)),
    internetRoute(onLink, gateway, Math.min(internetMtu, state.mtu)),
  ];
}

type OnLink = Pick<ReplaceRoute, 'table' | 'linkIndex' | 'linkName'>;

function subnetRoute({ table, linkIndex, linkName }: OnLink, destination: Cidr): ReplaceRoute {
  return {
    kind: 'replace-route',
    table,
    destination,
    linkIndex,
    linkName,
    scope: 'link',
    onlink: false,
  };
}

function vpcRoute(
  { table, linkIndex, linkName }: OnLink,
  destination: Cidr,
  gateway: Ipv4Address,
): ReplaceRoute {
  return {
    kind: 'replace-route',
    table,
    destination,
    linkIndex,
    linkName,
    scope: 'global',
    gateway,
    onlink: false,
  };
}

/** Jumbo packets stay inside the VPC; towards the Internet they would vanish (lower MTU, DF set). */
function internetRoute(
  { table, linkIndex, linkName }: OnLink,
  gateway: Ipv4Address,
  mtu: number,
): ReplaceRoute {
  return {
    kind: 'replace-route',
    table,
    destination: defaultDestination,
    linkIndex,
    linkName,
    scope: 'global',
    gateway,
    onlink: true,
    mtu,
  };
}

function isAsWanted(present: TableRoute, wanted: ReplaceRoute): boolean {
  return (
    present.type === 'unicast' &&
    present.destination === wanted.destination &&
    present.metric === 0 &&
    present.linkIndex === wanted.linkIndex &&
    present.gateway === wanted.gateway &&
    present.scope === wanted.scope &&
    present.onlink === wanted.onlink &&
    present.mtu === wanted.mtu &&
    present.protocol === truetupleProtocol
  );
}

/** In an order of their own: a plan shall not depend on the order in which the kernel lists routes. */
function ourUnicastRoutes({ routes, linkIndex }: LinkState): TableRoute[] {
  return routes
    .filter(
      (route) =>
        route.type === 'unicast' &&
        route.protocol === truetupleProtocol &&
        route.linkIndex === linkIndex,
    )
    .toSorted((a, b) => (routeOrder(a) < routeOrder(b) ? -1 : 1));
}

function routeOrder({ destination, metric }: TableRoute): string {
  return `${destination} ${metric}`;
}

function removal({ linkIndex, linkName }: LinkState, table: number, route: TableRoute): KernelStep {
  const { destination, metric } = route;
  return { kind: 'remove-route', table, destination, metric, linkIndex, linkName };
}
