import { cidrWithin, type Cidr, type Ipv4Address } from '../identity/address.ts';
import type { LinkState, TableRoute } from './kernel-port.ts';
import { ourUnicastRoutes, surplusRoutes } from './our-routes.ts';
import {
  defaultDestination,
  failClosedMetric,
  truetupleProtocol,
  type KernelStep,
} from './kernel-step.ts';
import { internetMtu, type LinkIdentity, type WantedLink } from './wanted-link.ts';

type ReplaceRoute = Extract<KernelStep, { readonly kind: 'replace-route' }>;

export interface PlannedRoutes {
  readonly add: readonly KernelStep[];
  /** Routes that give the public address as source: to be carried out once it is on the link. */
  readonly addWithAddress: readonly KernelStep[];
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

/** Routes of the link's table, the nearest first. */
export function planRoutes(state: LinkState, wanted: WantedLink): PlannedRoutes {
  const routes = wantedRoutes(state, wanted);
  const kept = new Set<TableRoute>();
  const add: ReplaceRoute[] = [];
  for (const route of routes) {
    const present = state.routes.find((candidate) => isAsWanted(candidate, route));
    if (present === undefined) add.push(route);
    else kept.add(present);
  }
  const replaced = new Set(routes.map(({ destination }) => destination));
  const remove = surplusRoutes(state.routes, state, wanted)
    .filter((route) => !kept.has(route))
    .filter((route) => route.metric !== 0 || !replaced.has(route.destination))
    .map((route) => removal(state, wanted.table, route));
  return {
    add: add.filter((route) => !needsPublicIp(route, wanted)),
    addWithAddress: add.filter((route) => needsPublicIp(route, wanted)),
    remove,
  };
}

/** What release takes away from a link that no identity is held on any more. */
export function planReleasedRoutes(state: LinkState, table: number): KernelStep[] {
  return ourUnicastRoutes(state.routes, state.linkIndex).map((route) =>
    removal(state, table, route),
  );
}

/** A route that needs the public address on the link comes after it: the kernel refuses a foreign source. */
function needsPublicIp({ source }: ReplaceRoute, { identities }: WantedLink): boolean {
  return source !== undefined && identities.some(({ publicIp }) => publicIp === source);
}

function wantedRoutes(state: LinkState, wanted: WantedLink): ReplaceRoute[] {
  const { gateway, subnetCidr } = wanted;
  const unbound = wanted.identities.find(({ delivery }) => delivery === 'rule');
  const publicIp =
    unbound === undefined ? undefined : (unbound.publicIp ?? heldSource(state, unbound));
  const routed = publicIp === undefined ? [] : (unbound?.routedCidrs ?? []);
  const inside = new Set([subnetCidr, ...wanted.vpcCidrs, ...routed]);
  const targets = [...inside].map((destination): RouteTarget => ({
    destination,
    gateway: cidrWithin(destination, subnetCidr) ? undefined : gateway,
    source: routed.includes(destination) ? publicIp : unbound?.privateIp,
  }));
  // jumbo packets stay inside the VPC; towards the Internet they would vanish (lower MTU, DF set)
  const mtu = Math.min(internetMtu, state.mtu);
  const source = unbound?.privateIp;
  targets.push({ destination: defaultDestination, gateway, source, mtu });
  return targets.map((target) => routeTo(state, wanted.table, target));
}

/**
 * The public address of an identity that is ensured again, before its claim is known again: what its routes
 * give now, if the link still has it. They stay until it is known whether they are right.
 */
function heldSource(
  { routes, addresses }: LinkState,
  { privateIp, routedCidrs = [] }: LinkIdentity,
): Ipv4Address | undefined {
  const sources = routes
    .filter(
      ({ destination, protocol }) =>
        protocol === truetupleProtocol && routedCidrs.includes(destination),
    )
    .map(({ source }) => source);
  return sources.find(
    (source) => source !== privateIp && addresses.some(({ address }) => address === source),
  );
}

interface RouteTarget {
  readonly destination: Cidr;
  /** Absent for what is on the link. */
  readonly gateway: Ipv4Address | undefined;
  /** What a socket without an address gets. */
  readonly source: Ipv4Address | undefined;
  /** Of the route towards the Internet. */
  readonly mtu?: number;
}

function routeTo(
  { linkIndex, linkName }: LinkState,
  table: number,
  { destination, gateway, source, mtu }: RouteTarget,
): ReplaceRoute {
  const route: ReplaceRoute = {
    kind: 'replace-route',
    table,
    destination,
    linkIndex,
    linkName,
    scope: gateway === undefined ? 'link' : 'global',
    // a pod range is smaller than its subnet: the router may lie outside the link's own prefix
    onlink: gateway !== undefined,
  };
  return Object.assign(
    route,
    gateway === undefined ? {} : { gateway },
    source === undefined ? {} : { source },
    mtu === undefined ? {} : { mtu },
  );
}

function isAsWanted(present: TableRoute, wanted: ReplaceRoute): boolean {
  return (
    present.type === 'unicast' &&
    present.destination === wanted.destination &&
    present.metric === 0 &&
    present.linkIndex === wanted.linkIndex &&
    present.gateway === wanted.gateway &&
    present.source === wanted.source &&
    present.scope === wanted.scope &&
    present.onlink === wanted.onlink &&
    present.mtu === wanted.mtu &&
    present.protocol === truetupleProtocol
  );
}

function removal({ linkIndex, linkName }: LinkState, table: number, route: TableRoute): KernelStep {
  const { destination, metric } = route;
  return { kind: 'remove-route', table, destination, metric, linkIndex, linkName };
}
