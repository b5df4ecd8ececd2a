import type { Address, NewAddress } from '../rtnetlink/address.ts';
import { isLikeAddress, normalisedAddress } from '../rtnetlink/ensure-address.ts';
import { isLikeRoute, isRouteAsWanted, normalisedRoute } from '../rtnetlink/ensure-route.ts';
import type { NewRoute, Route } from '../rtnetlink/route.ts';
import type { NewRule } from '../rtnetlink/rule.ts';
import { hasAll } from '../rtnetlink/same.ts';
import { inputError } from '../errors.ts';
import { parseIpPrefix } from '../wire/ip-address.ts';
import type {
  ChangePlan,
  ChangeStep,
  Conflict,
  Desired,
  DiffOptions,
  Observed,
  PlannedStep,
} from './desired.ts';
import { planRuleChanges } from './plan-rule-changes.ts';
import { addressCommand, routeCommand, ruleCommand } from './ip-command.ts';
import type { NameOf } from './ip-command.ts';
import { asNewAddress, asNewRoute } from './written-back.ts';

/** Routes that close a table: a packet that meets one goes nowhere. */
const guards = new Set<unknown>(['unreachable', 'blackhole', 'prohibit', 'throw']);

/**
 * The steps from what is there to what is desired. Up: routes that close a table, rules, routes, addresses, and last the routes that need an
 * address of these. Then down: addresses, routes; rules and what closes a table only with `removeGuards`. So no packet finds a way
 * that is not closed behind it. Pure.
 * @throws NetlinkError EINPUT for an owner that is none.
 */
export function planChanges(
  observed: Observed,
  desired: Desired,
  options: DiffOptions,
): ChangePlan {
  const { owner } = options;
  if (!(Number.isInteger(owner) && owner >= 5 && owner <= 255)) {
    throw inputError(
      `${String(owner)} cannot mark an owner`,
      'Use a number from 5 to 255 that nobody else uses: 0 to 4 are the kernel and administrators.',
    );
  }
  const wanted = markAll(desired, owner);
  const conflicts: Conflict[] = [];
  const nameOf: NameOf = (index) => observed.linkNames.get(index) ?? `if${String(index)}`;
  const rules = planRuleChanges(observed.rules, wanted.rules, options);
  const up = stepsUp(observed, wanted, { conflicts, nameOf, rules: rules.up });
  const down = stepsDown(observed, wanted, { ...options, rules: rules.down });
  const steps = [...up, ...down].map((step) => ({ step, command: commandOf(step, nameOf) }));
  return { steps, conflicts };
}

interface Wanted {
  readonly rules: readonly NewRule[];
  readonly routes: readonly NewRoute[];
  readonly addresses: readonly NewAddress[];
}

function markAll({ rules = [], routes = [], addresses = [] }: Desired, protocol: number): Wanted {
  return {
    rules: rules.map((rule) => ({ ...rule, protocol })),
    routes: routes.map((route) => ({ ...route, protocol })),
    addresses: addresses.map((address) => ({ ...address, protocol })),
  };
}

interface Upward {
  readonly conflicts: Conflict[];
  readonly nameOf: NameOf;
  readonly rules: readonly ChangeStep[];
}

function stepsUp(
  observed: Observed,
  wanted: Wanted,
  { conflicts, nameOf, rules }: Upward,
): readonly ChangeStep[] {
  const routeSteps = (routes: readonly NewRoute[]): readonly ChangeStep[] =>
    routes.flatMap((route) => routeUp(observed.routes, route, conflicts, nameOf));
  const closing = wanted.routes.filter(({ type }) => guards.has(type));
  const open = wanted.routes.filter(({ type }) => !guards.has(type));
  const later = open.filter((route) => needsAddress(route, wanted.addresses));
  const sooner = open.filter((route) => !later.includes(route));
  return [
    ...routeSteps(closing),
    ...rules,
    ...routeSteps(sooner),
    ...wanted.addresses.flatMap((address) =>
      addressUp(observed.addresses, address, conflicts, nameOf),
    ),
    ...routeSteps(later),
  ];
}

/** The kernel takes a source only if it is an address here, and a gateway only if it is on a link, unless told so. */
function needsAddress(
  { preferredSource, gateway, nextHops = [], onlink }: NewRoute,
  addresses: readonly NewAddress[],
): boolean {
  const hosts = addresses.map(({ address }) => parseIpPrefix(address));
  if (preferredSource !== undefined) {
    const { bytes } = parseIpPrefix(preferredSource);
    if (hosts.some((host) => host.bytes.join() === bytes.join())) return true;
  }
  const gateways = [onlink === true ? undefined : gateway, ...nextHops.map((hop) => hop.gateway)];
  return gateways.some(
    (one) => one !== undefined && hosts.some((host) => isInPrefix(parseIpPrefix(one).bytes, host)),
  );
}

function isInPrefix(
  address: Uint8Array,
  { bytes, prefixLength }: { readonly bytes: Uint8Array; readonly prefixLength: number },
): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, index) => {
    const bits = Math.max(0, Math.min(8, prefixLength - index * 8));
    const mask = (0xff00 >> bits) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

function routeUp(
  standing: readonly Route[],
  route: NewRoute,
  conflicts: Conflict[],
  nameOf: NameOf,
): readonly ChangeStep[] {
  const wanted = normalisedRoute(route);
  const inPlace = standing.filter(
    (one) => one.table === wanted.table && one.family === wanted.family && isLikeRoute(one, wanted),
  );
  const [first] = inPlace;
  if (first === undefined) return [{ kind: 'add-route', route }];
  if (inPlace.some((one) => isRouteAsWanted(one, wanted))) return [];
  if (first.protocol === wanted.protocol) {
    return [{ kind: 'replace-route', route, before: asNewRoute(first) }];
  }
  conflicts.push({
    wanted: routeCommand('add', route, nameOf),
    protocol: first.protocol,
    because: `a route of protocol ${String(first.protocol)} to ${first.destination} stands in table ${String(first.table)} with that metric`,
  });
  return [];
}

function addressUp(
  standing: readonly Address[],
  address: NewAddress,
  conflicts: Conflict[],
  nameOf: NameOf,
): readonly ChangeStep[] {
  const wanted = normalisedAddress(address);
  const found = standing.find(
    (one) => one.linkIndex === wanted.linkIndex && isLikeAddress(one, wanted),
  );
  if (found === undefined) return [{ kind: 'add-address', address }];
  if (hasAll(found, wanted)) return [];
  if (found.protocol === wanted.protocol) {
    return [
      { kind: 'remove-address', address: asNewAddress(found) },
      { kind: 'add-address', address },
    ];
  }
  conflicts.push({
    wanted: addressCommand('add', address, nameOf),
    protocol: found.protocol,
    because: `${found.address} stands on ${nameOf(found.linkIndex)}, and is not ours`,
  });
  return [];
}

function stepsDown(
  observed: Observed,
  wanted: Wanted,
  { owner, removeGuards = false, rules }: DiffOptions & { readonly rules: readonly ChangeStep[] },
): readonly ChangeStep[] {
  const addresses = wanted.addresses.map(normalisedAddress);
  const routes = wanted.routes.map(normalisedRoute);
  const isOurs = ({ protocol }: { readonly protocol?: number }): boolean => protocol === owner;
  const spareAddresses = observed.addresses.filter(
    (one) =>
      isOurs(one) &&
      !addresses.some((two) => two.linkIndex === one.linkIndex && isLikeAddress(one, two)),
  );
  const spareRoutes = observed.routes.filter(
    (one) =>
      isOurs(one) &&
      !routes.some(
        (two) => two.table === one.table && two.family === one.family && isLikeRoute(one, two),
      ),
  );
  return [
    ...spareAddresses.map(
      (one) => ({ kind: 'remove-address', address: asNewAddress(one) }) as const,
    ),
    ...spareRoutes.filter(({ type }) => !guards.has(type)).map(removalOf),
    ...(removeGuards
      ? [...rules, ...spareRoutes.filter(({ type }) => guards.has(type)).map(removalOf)]
      : []),
  ];
}

function removalOf(route: Route): ChangeStep {
  return { kind: 'remove-route', route: asNewRoute(route) };
}

function commandOf(step: ChangeStep, nameOf: NameOf): PlannedStep['command'] {
  switch (step.kind) {
    case 'add-rule':
      return ruleCommand('add', step.rule);
    case 'remove-rule':
      return ruleCommand('del', step.rule);
    case 'add-route':
      return routeCommand('add', step.route, nameOf);
    case 'replace-route':
      return routeCommand('replace', step.route, nameOf);
    case 'remove-route':
      return routeCommand('del', step.route, nameOf);
    case 'add-address':
      return addressCommand('add', step.address, nameOf);
    case 'remove-address':
      return addressCommand('del', step.address, nameOf);
    default:
      return step satisfies never;
  }
}
