import { ipv6CidrContains, type Ipv6Address, type Ipv6Cidr } from '../../identity/ipv6-address.ts';
import { ipv6Default, ipv6RouteMetric } from '../../kernel/ipv6-link.ts';
import type { Ipv6Link, Ipv6LinkAddress, Ipv6Rule } from '../../kernel/ipv6-link.ts';
import type { Ipv6Step } from '../../kernel/ipv6-step.ts';
import type { RouteDecision, RouteLookup } from '../../kernel/kernel-port.ts';
import { failClosedMetric, truetupleProtocol } from '../../kernel/kernel-step.ts';
import type { FakeNode } from './fake-node.ts';
import { FakeRefusal } from './fake-refusal.ts';
import { linkByIndex } from './fake-world.ts';
import type { FakeIpv6, FakeIpv6Route, FakeLink, FakeWorld } from './fake-world.ts';

/** As the kernel makes a link: without addresses, and without keep_addr_on_down. */
export const newIpv6Link: FakeIpv6 = {
  settings: { disabled: false, keepAddrOnDown: false },
  maySet: true,
  addresses: [],
  routers: [],
};

export function observeFakeIpv6(
  world: FakeWorld,
  { ipv6 }: FakeLink,
  table: number,
): Pick<{ readonly ipv6?: Ipv6Link }, 'ipv6'> {
  if (ipv6 === undefined) return {};
  const routes = world.ipv6Routes.filter((route) => route.table === table);
  return {
    ipv6: {
      settings: { ...ipv6.settings },
      allKeepAddrOnDown: world.allLinks.keepAddrOnDown,
      maySet: ipv6.maySet,
      addresses: ipv6.addresses.map((address) => ({ ...address })),
      routers: [...ipv6.routers],
      routes: routes.map(({ table: _table, ...route }) => route),
      rules: world.ipv6Rules.map((rule) => ({ ...rule })),
    },
  };
}

/** Carries out one step, or throws what the real kernel would refuse it with. */
export function applyFakeIpv6Step(world: FakeWorld, node: FakeNode, step: Ipv6Step): void {
  switch (step.kind) {
    case 'install-ipv6-fail-closed-route':
      return putRoute(world, {
        table: step.table,
        type: 'unreachable',
        destination: ipv6Default,
        metric: failClosedMetric,
        protocol: truetupleProtocol,
      });
    case 'add-ipv6-rule':
      return addRule(world, ruleOf(step));
    case 'remove-ipv6-rule':
      world.ipv6Rules = world.ipv6Rules.filter((rule) => !isSame(rule, ruleOf(step)));
      return;
    case 'set-ipv6-settings':
      return changeIpv6(world, step.linkIndex, (ipv6) => {
        if (!ipv6.maySet) throw new FakeRefusal('EROFS');
        return { ...ipv6, settings: step.settings };
      });
    case 'add-ipv6-address':
      node.check(linkByIndex(world, step.linkIndex), step.address);
      return addAddress(world, step);
    case 'remove-ipv6-address':
      return changeIpv6(world, step.linkIndex, (ipv6) => ({
        ...ipv6,
        addresses: ipv6.addresses.filter((one) => !isAt(one, step)),
      }));
    case 'replace-ipv6-route':
      return putGatewayRoute(world, step);
    case 'remove-ipv6-route':
      world.ipv6Routes = world.ipv6Routes.filter((route) => !isNamed(route, step));
      return;
    default:
      return step satisfies never;
  }
}

/** Link down: every route by it vanishes, and each address unless keep_addr_on_down of all links, or else its own, keeps it. */
export function takeIpv6Down(world: FakeWorld, link: FakeLink): void {
  dropIpv6RoutesBy(world, link);
  if (link.ipv6 === undefined) return;
  const { keepAddrOnDown: all } = world.allLinks;
  if (all === 0 ? link.ipv6.settings.keepAddrOnDown : all > 0) return;
  link.ipv6 = { ...link.ipv6, addresses: [] };
}

export function dropIpv6RoutesBy(world: FakeWorld, { index }: FakeLink): void {
  world.ipv6Routes = world.ipv6Routes.filter((route) => route.linkIndex !== index);
}

export function isIpv6Lookup(
  query: RouteLookup,
): query is { readonly from: Ipv6Address; readonly to: Ipv6Address } {
  return query.from.includes(':');
}

/** RTM_GETROUTE with a source. IPv6 does not ask whether the source is an own address. */
export function decideIpv6Route(
  world: FakeWorld,
  { from, to }: { readonly from: Ipv6Address; readonly to: Ipv6Address },
): RouteDecision {
  const route = world.ipv6Rules
    .filter(
      (rule) => !rule.hasMore && (rule.from === undefined || ipv6CidrContains(rule.from, from)),
    )
    .map(({ table }) => lookupTable(world, table, to))
    .find((found) => found !== undefined);
  if (route?.type === 'unreachable') return { kind: 'unreachable', reason: 'EHOSTUNREACH' };
  const link = world.links.find(({ index }) => index === route?.linkIndex);
  if (route === undefined || link === undefined) {
    return { kind: 'unreachable', reason: 'ENETUNREACH' };
  }
  const { table, gateway } = route;
  const way = { kind: 'link' as const, linkName: link.name, table };
  return gateway === undefined ? way : { ...way, gateway };
}

function lookupTable(world: FakeWorld, table: number, to: Ipv6Address): FakeIpv6Route | undefined {
  return world.ipv6Routes
    .filter((route) => route.table === table && ipv6CidrContains(route.destination, to))
    .toSorted(
      (a, b) => prefixOf(b.destination) - prefixOf(a.destination) || a.metric - b.metric,
    )[0];
}

function prefixOf(cidr: Ipv6Cidr): number {
  return Number(cidr.slice(cidr.indexOf('/') + 1));
}

type StepOf<Kind> = Extract<Ipv6Step, { readonly kind: Kind }>;

function changeIpv6(
  world: FakeWorld,
  linkIndex: number,
  change: (ipv6: FakeIpv6) => FakeIpv6,
): void {
  const link = linkByIndex(world, linkIndex);
  if (link.ipv6 === undefined) throw new FakeRefusal('EOPNOTSUPP');
  link.ipv6 = change(link.ipv6);
}

function addAddress(
  world: FakeWorld,
  step: StepOf<'add-ipv6-address' | 'remove-ipv6-address'>,
): void {
  const { linkIndex, address, prefixLength } = step;
  changeIpv6(world, linkIndex, (ipv6) => {
    if (ipv6.settings.disabled) throw new FakeRefusal('EACCES', 'IPv6 is disabled on this device');
    const added: Ipv6LinkAddress = {
      address,
      prefixLength,
      scope: 'global',
      permanent: true,
      duplicateFound: false,
      tentative: false,
    };
    // RTM_NEWADDR with NLM_F_REPLACE
    return {
      ...ipv6,
      addresses: [added, ...ipv6.addresses.filter((one) => one.address !== address)],
    };
  });
}

function putGatewayRoute(world: FakeWorld, step: StepOf<'replace-ipv6-route'>): void {
  const link = linkByIndex(world, step.linkIndex);
  if (!link.up) throw new FakeRefusal('ENETDOWN', 'Nexthop device is not up');
  if (link.ipv6?.settings.disabled !== false) throw new FakeRefusal('EACCES');
  const { table, destination, linkIndex, gateway, mtu } = step;
  putRoute(world, {
    table,
    type: 'unicast',
    destination,
    linkIndex,
    gateway,
    metric: ipv6RouteMetric,
    ...(mtu === undefined ? {} : { mtu }),
    protocol: truetupleProtocol,
  });
}

/** NLM_F_CREATE | NLM_F_REPLACE. */
function putRoute(world: FakeWorld, route: FakeIpv6Route): void {
  const others = world.ipv6Routes.filter((held) => !isNamed(held, route));
  world.ipv6Routes = [...others, route];
}

function isNamed(
  route: FakeIpv6Route,
  { table, destination, metric }: Pick<FakeIpv6Route, 'table' | 'destination' | 'metric'>,
): boolean {
  return route.table === table && route.destination === destination && route.metric === metric;
}

function ruleOf({ priority, from, table }: StepOf<'add-ipv6-rule' | 'remove-ipv6-rule'>): Ipv6Rule {
  return { priority, from, table, protocol: truetupleProtocol, hasMore: false };
}

function addRule(world: FakeWorld, rule: Ipv6Rule): void {
  if (world.ipv6Rules.some((held) => isSame(held, rule))) return;
  const place = world.ipv6Rules.findIndex(({ priority }) => priority > rule.priority);
  world.ipv6Rules.splice(place === -1 ? world.ipv6Rules.length : place, 0, rule);
}

function isSame(a: Ipv6Rule, b: Ipv6Rule): boolean {
  return (
    a.priority === b.priority &&
    a.from === b.from &&
    a.table === b.table &&
    a.protocol === b.protocol &&
    a.hasMore === b.hasMore
  );
}

function isAt(
  one: Ipv6LinkAddress,
  { address, prefixLength }: Pick<Ipv6LinkAddress, 'address' | 'prefixLength'>,
): boolean {
  return one.address === address && one.prefixLength === prefixLength;
}
