import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import type { LinkSettings, LinkState } from './kernel-port.ts';
import type { KernelStep } from './kernel-step.ts';
import { isFailClosedRoute, planReleasedRoutes, planRoutes } from './plan-routes.ts';
import { isOurRule, planRules } from './plan-rules.ts';
import { wantedSettings, type WantedLink } from './wanted-link.ts';

export type { WantedLink } from './wanted-link.ts';

/**
 * Plans one link for all its identities at once. Up: fail-closed route, rules, link settings, routes,
 * public addresses, and last what these replaced. Release: the public address, and the routes once no
 * other identity is held on the link; the rules and the fail-closed route stay, so that a socket that
 * is still bound is refused instead of leaving by another link.
 *
 * A link that is down is planned for like one that is up: the steps that keep it closed come first, and
 * the kernel refuses the routes (LinkDown). Setting a link up is the network plugin's business.
 */
export function planKernel(state: LinkState, wanted: WantedLink): KernelStep[] {
  const up = wanted.identities.length > 0;
  const rules = planRules(state, wanted);
  const routes = up ? planRoutes(state, wanted) : { add: [], remove: [] };
  return [
    ...planFailClosed(state, wanted),
    ...rules.add,
    ...(up ? planSettings(state) : []),
    ...routes.add,
    ...wanted.identities.flatMap(({ publicIp }) => planPublicIp(state, publicIp)),
    ...routes.remove,
    ...rules.remove,
    ...planRelease(state, wanted),
  ];
}

function planFailClosed(state: LinkState, { table, identities }: WantedLink): KernelStep[] {
  if (state.routes.some(isFailClosedRoute)) return [];
  const needed =
    identities.length > 0 || state.rules.some((rule) => isOurRule(rule) && rule.table === table);
  return needed ? [{ kind: 'install-fail-closed-route', table }] : [];
}

function planSettings({ linkIndex, linkName, settings }: LinkState): KernelStep[] {
  const names = Object.keys(wantedSettings) as (keyof LinkSettings)[];
  if (names.every((name) => settings[name] === wantedSettings[name])) return [];
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
  const linkFree =
    wanted.identities.length === 0 &&
    wanted.releasing.length > 0 &&
    !heldPublicIps(state, wanted.table).some((address) => !leaving.has(address));
  return [...addresses, ...(linkFree ? planReleasedRoutes(state, wanted.table) : [])];
}

/** The public addresses of identities held on a link: its /32s of scope link that have a rule of ours. */
export function heldPublicIps(state: LinkState, table: number): Ipv4Address[] {
  const ruled = new Set(
    state.rules.filter((rule) => isOurRule(rule) && rule.table === table).map((rule) => rule.from),
  );
  return state.addresses
    .filter(({ scope, prefixLength }) => scope === 'link' && prefixLength === 32)
    .map(({ address }) => address)
    .filter((address) => ruled.has(hostCidr(address)));
}
