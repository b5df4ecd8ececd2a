import { CoreError } from '../errors.ts';
import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import { heldPublicIps } from './held-public-ips.ts';
import type { LinkState } from './kernel-port.ts';
import { defaultDestination, truetupleProtocol } from './kernel-step.ts';
import { isOurRule } from './plan-rules.ts';
import type { WantedLink } from './wanted-link.ts';

/**
 * Delivery `rule` needs a table of its own: a route gives one source only, so two identities on one table
 * would take it from each other in turn. Undefined when they can stand side by side.
 */
export function refuseSharedTable(state: LinkState, wanted: WantedLink): CoreError | undefined {
  const own = new Set(wanted.identities.flatMap(({ privateIp }) => privateIp));
  const hint = hintedSource(state);
  // a table whose default route gives our private address was made for us
  if (hint !== undefined && own.has(hint)) return undefined;
  const leaving = new Set(wanted.releasing.map(({ publicIp }) => publicIp));
  const mine = new Set(wanted.identities.map(({ publicIp }) => publicIp));
  // who has no private address of its own beside ours is ourselves, as we were before
  const held = isSharedLink(state, wanted, own) ? heldPublicIps(state, wanted.table) : [];
  const others = held.filter((address) => !leaving.has(address) && !mine.has(address));
  const isRule = wanted.identities.some(({ delivery }) => delivery === 'rule');
  if (isRule && wanted.identities.length + others.length > 1) {
    return shared(state, wanted, 'delivery rule needs a table of its own', others);
  }
  if (hint === undefined || wanted.identities.length === 0 || others.length === 0) return undefined;
  return shared(state, wanted, 'an identity with delivery rule has that table', others);
}

/** True when a private address of the link that is not ours has a rule that leads to this table. */
function isSharedLink(
  { addresses, rules }: LinkState,
  { table }: WantedLink,
  own: ReadonlySet<Ipv4Address>,
): boolean {
  const ruled = new Set(
    rules.filter((rule) => isOurRule(rule) && rule.table === table).map(({ from }) => from),
  );
  return addresses.some(
    ({ address, scope }) => scope !== 'link' && !own.has(address) && ruled.has(hostCidr(address)),
  );
}

/** The source that the table's default route gives to sockets on 0.0.0.0. */
function hintedSource({ routes }: LinkState): Ipv4Address | undefined {
  return routes.find(
    (route) =>
      route.destination === defaultDestination &&
      route.type === 'unicast' &&
      route.protocol === truetupleProtocol,
  )?.source;
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
