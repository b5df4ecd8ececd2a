import { hostIpv6Cidr, type Ipv6Cidr } from '../identity/ipv6-address.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';
import { ipv6Default, ipv6RouteMetric, type Ipv6Link, type Ipv6Route } from './ipv6-link.ts';
import type { Ipv6Rule } from './ipv6-link.ts';
import type { Ipv6Step } from './ipv6-step.ts';
import type { LinkState } from './kernel-port.ts';
import { failClosedMetric, truetupleProtocol } from './kernel-step.ts';
import { ourUnicastRoutes, surplusRoutes } from './our-routes.ts';
import { defaultBasePriority, internetMtu, type WantedLink } from './wanted-link.ts';

/** A link whose IPv6 side is there. */
interface SixState extends LinkState {
  readonly ipv6: Ipv6Link;
}

type ReplaceRoute = Extract<Ipv6Step, { readonly kind: 'replace-ipv6-route' }>;

/**
 * The IPv6 side of what `planKernel` wants. Up: fail-closed route, rules, settings, addresses, routes, then
 * what these replaced. Nothing where no identity has an IPv6 address, or the kernel has no IPv6
 * (`refuseIpv6` says so before).
 */
export function planIpv6(state: LinkState, wanted: WantedLink): Ipv6Step[] {
  const held = heldIpv6(wanted);
  if (!hasIpv6(state) || held.length === 0) return [];
  const routes = planRoutes(state, wanted, held);
  const rules = held.map(({ address }) => planRule(state, wanted, hostIpv6Cidr(address)));
  const { table } = wanted;
  return [
    ...(state.ipv6.routes.some(isIpv6FailClosed)
      ? []
      : [{ kind: 'install-ipv6-fail-closed-route' as const, table }]),
    ...rules.flatMap(({ add }) => add),
    ...planSettings(state),
    ...held.flatMap((one) => planAddress(state, one)),
    ...routes.add,
    ...routes.remove,
    ...rules.flatMap(({ remove }) => remove),
  ];
}

/**
 * What a release takes away: addresses that truetuple put there, and the table's routes once the link carries no
 * identity any more. The rules and the fail-closed route stay, as in IPv4.
 */
export function planReleasedIpv6(
  state: LinkState,
  wanted: WantedLink,
  isLinkFree: boolean,
): Ipv6Step[] {
  if (!hasIpv6(state)) return [];
  const { linkIndex, linkName, ipv6 } = state;
  const staying = new Set(heldIpv6(wanted).map(({ address }) => address));
  const leaving = new Set(
    wanted.releasing.flatMap(({ publicIpv6 }) =>
      publicIpv6 === undefined ? [] : [publicIpv6.address],
    ),
  );
  const addresses = ipv6.addresses
    .filter(({ address, prefixLength }) => prefixLength === 128 && leaving.has(address))
    .filter(({ address }) => !staying.has(address))
    .map(({ address, prefixLength }): Ipv6Step => {
      return { kind: 'remove-ipv6-address', linkIndex, linkName, address, prefixLength };
    });
  const routes = isLinkFree
    ? ourUnicastRoutes(state.ipv6.routes, state.linkIndex).map((route) =>
        removal(state, wanted.table, route),
      )
    : [];
  return [...addresses, ...routes];
}

/** The route that keeps the table closed when all others have vanished. */
export function isIpv6FailClosed(route: Ipv6Route): boolean {
  return (
    route.type === 'unreachable' &&
    route.destination === ipv6Default &&
    route.metric === failClosedMetric &&
    route.protocol === truetupleProtocol
  );
}

/** A plain source rule that truetuple installed. */
export function isOurIpv6Rule(rule: Ipv6Rule): boolean {
  return rule.protocol === truetupleProtocol && !rule.hasMore && rule.from !== undefined;
}

function hasIpv6(state: LinkState): state is SixState {
  return state.ipv6 !== undefined;
}

/** The IPv6 addresses that are wanted on the link. */
export function heldIpv6({ identities }: WantedLink): LinkIpv6[] {
  return identities.flatMap(({ publicIpv6 }) => (publicIpv6 === undefined ? [] : [publicIpv6]));
}

function planRule(
  { ipv6 }: SixState,
  wanted: WantedLink,
  from: Ipv6Cidr,
): { readonly add: Ipv6Step[]; readonly remove: Ipv6Step[] } {
  const { table } = wanted;
  const priority = wanted.basePriority ?? defaultBasePriority;
  const ours = ipv6.rules.filter((rule) => isOurIpv6Rule(rule) && rule.from === from);
  const kept = ours.find((rule) => rule.priority === priority && rule.table === table);
  return {
    add: kept === undefined ? [{ kind: 'add-ipv6-rule', priority, from, table }] : [],
    remove: ours
      .filter((rule) => rule !== kept)
      .map((rule) => ({
        kind: 'remove-ipv6-rule',
        priority: rule.priority,
        from,
        table: rule.table,
      })),
  };
}

function planSettings({ linkIndex, linkName, ipv6 }: SixState): Ipv6Step[] {
  const { disabled, keepAddrOnDown } = ipv6.settings;
  if (!ipv6.maySet || (!disabled && keepAddrOnDown)) return [];
  const settings = { disabled: false, keepAddrOnDown: true };
  return [{ kind: 'set-ipv6-settings', linkIndex, linkName, settings }];
}

/** What the network plugin put there stays as it is, unless the kernel does not use it, or not yet. */
function planAddress(
  { linkIndex, linkName, ipv6 }: SixState,
  { address, prefixLength }: LinkIpv6,
): Ipv6Step[] {
  const present = ipv6.addresses.find((one) => one.address === address);
  if (present?.duplicateFound === false && !present.tentative) return [];
  const add: Ipv6Step = { kind: 'add-ipv6-address', linkIndex, linkName, address, prefixLength };
  if (present === undefined) return [add];
  const { prefixLength: old } = present;
  return [{ kind: 'remove-ipv6-address', linkIndex, linkName, address, prefixLength: old }, add];
}

function planRoutes(
  state: SixState,
  wanted: WantedLink,
  held: readonly LinkIpv6[],
): { readonly add: Ipv6Step[]; readonly remove: Ipv6Step[] } {
  const { table } = wanted;
  const routes = wantedRoutes(state, table, held);
  const kept = new Set<Ipv6Route>();
  const add = routes.filter((route) => {
    const present = state.ipv6.routes.find((candidate) => isAsWanted(candidate, route));
    if (present !== undefined) kept.add(present);
    return present === undefined;
  });
  // a route of the same destination and metric is replaced by `add`
  const replaced = new Set(routes.map(({ destination }) => destination));
  const remove = surplusRoutes(state.ipv6.routes, state, wanted)
    .filter((route) => !kept.has(route))
    .filter(({ metric, destination }) => metric !== ipv6RouteMetric || !replaced.has(destination))
    .map((route) => removal(state, table, route));
  return { add, remove };
}

/** All goes through the VPC's router, neighbours of the subnet too; jumbo packets stay inside the VPC. */
function wantedRoutes(
  { linkIndex, linkName, mtu }: SixState,
  table: number,
  held: readonly LinkIpv6[],
): ReplaceRoute[] {
  const [first] = held;
  if (first === undefined) return [];
  const { gateway } = first;
  const inside = new Set(held.flatMap(({ vpcCidrs }) => vpcCidrs));
  const internet: ReplaceRoute = {
    kind: 'replace-ipv6-route',
    table,
    destination: ipv6Default,
    linkIndex,
    linkName,
    gateway,
    mtu: Math.min(internetMtu, mtu),
  };
  return [
    ...[...inside].map((destination): ReplaceRoute => {
      return { kind: 'replace-ipv6-route', table, destination, linkIndex, linkName, gateway };
    }),
    internet,
  ];
}

function isAsWanted(present: Ipv6Route, wanted: ReplaceRoute): boolean {
  return (
    present.type === 'unicast' &&
    present.destination === wanted.destination &&
    present.metric === ipv6RouteMetric &&
    present.linkIndex === wanted.linkIndex &&
    present.gateway === wanted.gateway &&
    present.mtu === wanted.mtu &&
    present.protocol === truetupleProtocol
  );
}

function removal({ linkIndex, linkName }: LinkState, table: number, route: Ipv6Route): Ipv6Step {
  const { destination, metric } = route;
  return { kind: 'remove-ipv6-route', table, destination, metric, linkIndex, linkName };
}
