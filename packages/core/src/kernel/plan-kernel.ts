import type { Ipv4Address } from '../identity/address.ts';
import { heldPublicIps } from './held-public-ips.ts';
import type { LinkState } from './kernel-port.ts';
import type { KernelStep } from './kernel-step.ts';
import { planIpv6, planReleasedIpv6 } from './plan-ipv6.ts';
import { planDeliveryTables, planPortRules, planStrayTables } from './plan-delivery.ts';
import {
  isFailClosedRoute,
  planReleasedRoutes,
  planRoutes,
  type PlannedRoutes,
} from './plan-routes.ts';
import { isOurRule, planRules } from './plan-rules.ts';
import { areAsWanted, wantedSettings, type WantedLink } from './wanted-link.ts';

export type { WantedLink } from './wanted-link.ts';

/**
 * Plans one link for all its identities at once. Up: fail-closed route, rules, link settings, routes,
 * delivery tables, public addresses, what sockets on 0.0.0.0 are led by, and last what these replaced.
 * Release: the public address, the routes once no other identity is held on the link, and the delivery
 * table; the rules and the fail-closed route stay, so that a socket that is still bound is refused instead
 * of leaving by another link. IPv6 the same way, after IPv4.
 *
 * A link that is down is planned for like one that is up: the steps that keep it closed come first, and
 * the kernel refuses the routes (LinkDown). Setting a link up is the network plugin's business.
 */
export function planKernel(state: LinkState, wanted: WantedLink): KernelStep[] {
  const up = wanted.identities.length > 0;
  const rules = planRules(state, wanted);
  const portRules = planPortRules(state, wanted);
  const routes = up ? planRoutes(state, wanted) : noRoutes;
  return [
    ...planFailClosed(state, wanted),
    ...rules.add,
    ...(up ? planSettings(state) : []),
    ...routes.add,
    ...planDeliveryTables(state, wanted),
    ...wanted.identities.flatMap(({ publicIp }) => planPublicIp(state, publicIp)),
    ...routes.addWithAddress,
    ...portRules.add,
    ...portRules.remove,
    ...routes.remove,
    ...rules.remove,
    ...planRelease(state, wanted),
    ...planStrayTables(state, wanted),
    ...planIpv6(state, wanted),
    ...planReleasedIpv6(state, wanted, isLinkFree(state, wanted)),
  ];
}

const noRoutes: PlannedRoutes = { add: [], addWithAddress: [], remove: [] };

function planFailClosed(state: LinkState, { table, identities }: WantedLink): KernelStep[] {
  if (state.routes.some(isFailClosedRoute)) return [];
  const needed =
    identities.length > 0 || state.rules.some((rule) => isOurRule(rule) && rule.table === table);
  return needed ? [{ kind: 'install-fail-closed-route', table }] : [];
}

function planSettings({ linkIndex, linkName, settings }: LinkState): KernelStep[] {
  if (areAsWanted(settings)) return [];
  return [{ kind: 'set-link-settings', linkIndex, linkName, settings: wantedSettings }];
}

function planPublicIp(state: LinkState, publicIp: Ipv4Address | undefined): KernelStep[] {
  if (publicIp === undefined) return [];
  const { linkIndex, linkName } = state;
  const present = state.addresses.find(
    ({ address, prefixLength }) => address === publicIp && prefixLength === 32,
  );
  if (present?.scope === 'link') return [];
  const add: KernelStep = { kind: 'add-address', linkIndex, linkName, address: publicIp };
  // The kernel cannot change an address's scope: it must go and come back.
  if (present === undefined) return [add];
  return [{ kind: 'remove-address', linkIndex, linkName, address: publicIp }, add];
}

function planRelease(state: LinkState, wanted: WantedLink): KernelStep[] {
  const { linkIndex, linkName } = state;
  const staying = new Set(wanted.identities.map(({ publicIp }) => publicIp));
  const leaving = new Set(
    wanted.releasing.map(({ publicIp }) => publicIp).filter((publicIp) => !staying.has(publicIp)),
  );
  const addresses = state.addresses
    .filter(({ address, prefixLength }) => prefixLength === 32 && leaving.has(address))
    .map(({ address }): KernelStep => ({ kind: 'remove-address', linkIndex, linkName, address }));
  const isFree = isLinkFree(state, wanted);
  return [...addresses, ...(isFree ? planReleasedRoutes(state, wanted.table) : [])];
}

/** True once a release leaves no identity on the link. */
function isLinkFree(state: LinkState, { identities, releasing, table }: WantedLink): boolean {
  const leaving = new Set(releasing.map(({ publicIp }) => publicIp));
  const held = heldPublicIps(state, table);
  return (
    identities.length === 0 && releasing.length > 0 && held.every((address) => leaving.has(address))
  );
}
