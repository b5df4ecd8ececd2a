import { formatPorts, type BoundPorts } from '../identity/delivery.ts';
import { deliveryTableOf, doesThis } from './delivery-table.ts';
import type { LinkState, SourceRule } from './kernel-port.ts';
import { truetupleProtocol, unboundSource, type KernelStep } from './kernel-step.ts';
import {
  defaultBasePriority,
  type LeavingIdentity,
  type LinkIdentity,
  type WantedLink,
} from './wanted-link.ts';

/** nftables tables of the wanted identities, to be made before a packet can arrive for their address. */
export function planDeliveryTables(state: LinkState, wanted: WantedLink): KernelStep[] {
  return wanted.identities.flatMap((identity): KernelStep[] => {
    const table = deliveryTableOf(state.linkName, identity);
    if (table === undefined || doesThis(heldTable(state, identity), table)) return [];
    return [{ kind: 'replace-delivery-table', table }];
  });
}

/**
 * Tables that are wanted no more: of identities that leave, once their address has left, and of those
 * that stay with a delivery that has no table.
 */
export function planStrayTables(state: LinkState, wanted: WantedLink): KernelStep[] {
  const staying = new Set(wanted.identities.map(({ publicIp }) => publicIp));
  const stray = [
    ...wanted.identities.filter((one) => deliveryTableOf(state.linkName, one) === undefined),
    ...wanted.releasing.filter(({ publicIp }) => !staying.has(publicIp)),
  ].filter((identity) => {
    const held = heldTable(state, identity);
    // another link's, which has the address by now
    const isElsewhere = held?.does !== undefined && held.does.linkName !== state.linkName;
    const isHere = state.addresses.some(({ address }) => address === identity.publicIp);
    return held !== undefined && (isHere || !isElsewhere);
  });
  const addresses = new Set(
    stray.map(({ publicIp }) => publicIp).filter((address) => address !== undefined),
  );
  return [...addresses].map((publicIp) => ({ kind: 'remove-delivery-table', publicIp }));
}

/** A link that is gone took its addresses and routes along; a table of nftables only names it. `releasing`: whose addresses no other link has. */
export function planGoneLink(
  linkName: string,
  releasing: readonly LeavingIdentity[],
): KernelStep[] {
  return releasing
    .filter((identity) => deliveryTableOf(linkName, identity) !== undefined)
    .map(({ publicIp }) => ({ kind: 'remove-delivery-table', publicIp }));
}

function heldTable(
  state: LinkState,
  { publicIp }: LinkIdentity,
): NonNullable<LinkState['deliveryTables']>[number] | undefined {
  return state.deliveryTables?.find((held) => held.publicIp === publicIp);
}

/** A rule of ours on the source port of sockets that are bound to no address. */
export function isOurPortRule(
  rule: SourceRule,
): rule is SourceRule & { readonly ports: BoundPorts } {
  return (
    rule.protocol === truetupleProtocol &&
    !rule.hasMore &&
    rule.from === unboundSource &&
    rule.ports !== undefined
  );
}

export interface PlannedPortRules {
  /** Last of all: what they lead to is whole by then. */
  readonly add: readonly KernelStep[];
  /** First of what goes: no packet is led to a table that does not give its source any more. */
  readonly remove: readonly KernelStep[];
}

/** Delivery `rule`: sockets on 0.0.0.0 use the link's table. Like the source rules they stay on release. */
export function planPortRules(state: LinkState, wanted: WantedLink): PlannedPortRules {
  const { table } = wanted;
  if (wanted.identities.length === 0) return { add: [], remove: [] };
  const priority = wanted.basePriority ?? defaultBasePriority;
  const unbound = wanted.identities.filter(({ delivery }) => delivery === 'rule');
  const kept = new Set<SourceRule>();
  const add = unbound
    .flatMap(({ ports = [], publicIp }) => ports.map((range) => ({ range, publicIp })))
    .flatMap(({ range, publicIp }): KernelStep[] => {
      const present = state.rules.find(
        (rule) =>
          isOurPortRule(rule) &&
          rule.table === table &&
          rule.priority === priority &&
          formatPorts(rule.ports) === formatPorts(range),
      );
      if (present !== undefined) kept.add(present);
      // before the claim there is nothing to lead to, and what is there from before stays
      if (present !== undefined || publicIp === undefined) return [];
      return [{ kind: 'add-rule', priority, from: unboundSource, table, ports: range }];
    });
  const remove = state.rules
    .filter(isOurPortRule)
    .filter((rule) => rule.table === table && !kept.has(rule))
    .map((rule): KernelStep => ({
      kind: 'remove-rule',
      priority: rule.priority,
      from: unboundSource,
      table,
      protocol: rule.protocol,
      ports: rule.ports,
    }));
  return { add, remove };
}
