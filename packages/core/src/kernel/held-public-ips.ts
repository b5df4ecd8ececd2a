import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import type { LinkState } from './kernel-port.ts';
import { isOurRule } from './plan-rules.ts';

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
