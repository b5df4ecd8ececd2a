import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import type { LinkAddress, LinkState } from './kernel-port.ts';
import { isOurRule } from './plan-rules.ts';
import type { WantedLink } from './wanted-link.ts';

/** The public addresses of identities held on a link: its /32s of scope link that have a rule of ours. */
export function heldPublicIps(state: LinkState, table: number): Ipv4Address[] {
  return ruledAddresses(state, table)
    .filter(({ scope, prefixLength }) => scope === 'link' && prefixLength === 32)
    .map(({ address }) => address);
}

/** Of those the ones that the plan is not about: other processes keep them. */
export function heldByOthers(
  state: LinkState,
  { table, identities, releasing }: WantedLink,
): Ipv4Address[] {
  // who has no private address of its own beside ours is ourselves, as we were before
  if (!isSharedLink(state, table, new Set(identities.map(({ privateIp }) => privateIp)))) return [];
  const ours = new Set([...identities, ...releasing].map(({ publicIp }) => publicIp));
  return heldPublicIps(state, table).filter((address) => !ours.has(address));
}

/** True when a private address of the link that is not ours has a rule that leads to this table. */
export function isSharedLink(
  state: LinkState,
  table: number,
  own: ReadonlySet<Ipv4Address>,
): boolean {
  return ruledAddresses(state, table).some(
    ({ address, scope }) => scope !== 'link' && !own.has(address),
  );
}

function ruledAddresses({ addresses, rules }: LinkState, table: number): LinkAddress[] {
  const ruled = new Set(
    rules.filter((rule) => isOurRule(rule) && rule.table === table).map(({ from }) => from),
  );
  return addresses.filter(({ address }) => ruled.has(hostCidr(address)));
}
