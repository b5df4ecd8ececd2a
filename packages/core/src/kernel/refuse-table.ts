import { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import { heldByOthers } from './held-public-ips.ts';
import type { LinkState, TableRoute } from './kernel-port.ts';
import { defaultDestination, truetupleProtocol } from './kernel-step.ts';
import type { WantedLink } from './wanted-link.ts';

/**
 * Why the identities cannot have that policy-routing table; undefined when they can. A link needs one of its
 * own: a table has one default route, which two links would take from each other in turn.
 */
export function refuseTable(state: LinkState, wanted: WantedLink): CoreError | undefined {
  if (wanted.identities.length === 0) return undefined;
  return refuseOtherLink(state, wanted) ?? refuseSharedTable(state, wanted);
}

function refuseOtherLink(state: LinkState, { table }: WantedLink): CoreError | undefined {
  const { linkName, linkIndex } = state;
  const ways = state.routes.filter(isOurDefault).map((route) => route.linkIndex);
  const other = ways.find((index) => index !== linkIndex);
  if (other === undefined) return undefined;
  return new CoreError({
    code: 'TableInUse',
    message: `Table ${table} cannot be that of ${linkName}: its default route, which is ours, leads out of link ${other}`,
    remedy: `Give the identity on ${linkName} another table (table in its spec): each link needs one of its own. "ip link" names link ${other}.`,
    retry: 'never',
  });
}

/**
 * Delivery `rule` needs a table of its own: a route gives one source only, so two identities on one table
 * would take it from each other in turn. Undefined when they can stand side by side.
 */
function refuseSharedTable(state: LinkState, wanted: WantedLink): CoreError | undefined {
  const own = new Set(wanted.identities.flatMap(({ privateIp }) => privateIp));
  const hint = hintedSource(state);
  // a table whose default route gives our private address was made for us
  if (hint !== undefined && own.has(hint)) return undefined;
  const others = heldByOthers(state, wanted);
  const isRule = wanted.identities.some(({ delivery }) => delivery === 'rule');
  if (isRule && wanted.identities.length + others.length > 1) {
    return shared(state, wanted, 'delivery rule needs a table of its own', others);
  }
  if (hint === undefined || others.length === 0) return undefined;
  return shared(state, wanted, 'an identity with delivery rule has that table', others);
}

/** The source that the table's default route gives to sockets on 0.0.0.0. */
function hintedSource({ routes }: LinkState): Ipv4Address | undefined {
  return routes.find(isOurDefault)?.source;
}

function isOurDefault({ destination, type, protocol }: TableRoute): boolean {
  return destination === defaultDestination && type === 'unicast' && protocol === truetupleProtocol;
}

function shared(
  { linkName }: LinkState,
  { table }: WantedLink,
  why: string,
  others: readonly Ipv4Address[],
): CoreError {
  const held = others.length === 0 ? 'several identities' : others.join(', ');
  return new CoreError({
    code: 'DeliveryImpossible',
    message: `Table ${table} of ${linkName} cannot be shared: ${why}, and it carries ${held}`,
    remedy:
      'Give one of the identities another table (table in its spec), or another delivery for both.',
    retry: 'never',
  });
}
