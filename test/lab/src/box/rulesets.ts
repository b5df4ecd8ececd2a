import {
  chainPriority,
  encodeDatum,
  loadDestination,
  loadSource,
  matchDestination,
  matchInputLink,
  matchOutputLink,
  matchSource,
  writeDestination,
  writeSource,
  type Expression,
  type NewSet,
  type NftElement,
  type Operation,
} from '@truetuple/netlink/nftables';
import {
  eniAddresses,
  gatewayTable,
  inboundMap,
  outboundMap,
  privateAddresses,
  routerOwnAddresses,
  routerTable,
  uncheckedEnis,
} from './ruleset-sets.ts';
import { boxAddresses, routerAddresses, type InitialDataPlane } from './topology.ts';

/** Names of the counters at the places where the data plane drops packets. */
export const gatewayDrops = ['no_eip', 'no_dst'] as const;
export const routerDrops = ['src_check', 'dst_check', 'blackhole'] as const;
export type DropName = (typeof gatewayDrops)[number] | (typeof routerDrops)[number];

const accept: Expression = { kind: 'accept' };
const notrack: Expression = { kind: 'notrack' };
const inputLink: Expression = { kind: 'meta', key: 'iifname' };
const outputLink: Expression = { kind: 'meta', key: 'oifname' };

/**
 * The Internet gateway: stateless 1:1 translation where an Elastic IP is associated, for hairpins too; everything else is dropped and counted.
 * `inet` is its link to the Internet, `vpc` the one to the VPC router. A rule whose map has no element for
 * the packet does not match; asking whether a map has one needs a kernel younger than Debian 12's 6.1.
 */
export function gatewayRuleset(initial: InitialDataPlane): readonly Operation[] {
  const rule = ruleOf(gatewayTable);
  const outside = { kind: 'lookup', set: outboundMap.set, result: 1 } as const;
  const inside = { kind: 'lookup', set: inboundMap.set, result: 1 } as const;
  const toDestination: Expression = { kind: 'goto', chain: 'destination' };
  return [
    ...tableWithCounters(gatewayTable, gatewayDrops),
    ...filled(
      outboundMap,
      initial.associations.map((one) => ({ key: one.privateIp, value: one.publicIp })),
    ),
    ...filled(
      inboundMap,
      initial.associations.map((one) => ({ key: one.publicIp, value: one.privateIp })),
    ),
    { kind: 'add-chain', chain: { ...gatewayTable, chain: 'destination' } },
    filterChain(gatewayTable, 'pre', 'prerouting', chainPriority.raw),
    rule('pre', [notrack]),
    rule('pre', [
      ...matchInputLink('vpc'),
      loadSource('ipv4'),
      outside,
      writeSource('ipv4'),
      toDestination,
    ]),
    rule('pre', [...matchInputLink('vpc'), ...countAndDrop('no_eip')]),
    rule('pre', [toDestination]),
    rule('destination', [loadDestination('ipv4'), inside, writeDestination('ipv4'), accept]),
    rule('destination', [...matchInputLink('inet'), ...countAndDrop('no_dst')]),
    rule('destination', [...matchDestination(boxAddresses.publicRange), ...countAndDrop('no_dst')]),
  ];
}

/** The VPC router: source and destination check of each ENI, and addresses that no ENI holds. */
export function routerRuleset(initial: InitialDataPlane): readonly Operation[] {
  const rule = ruleOf(routerTable);
  const { privateIps, unchecked } = initial;
  const owned = privateIps.map(({ eni, address }) => ({ key: [eni, address] }));
  const own = Object.values(routerAddresses).map((key) => ({ key }));
  return [
    ...tableWithCounters(routerTable, routerDrops),
    ...filled(eniAddresses, owned),
    ...filled(
      privateAddresses,
      privateIps.map(({ address }) => ({ key: address })),
    ),
    ...filled(routerOwnAddresses, own),
    ...filled(
      uncheckedEnis,
      unchecked.map((key) => ({ key })),
    ),
    filterChain(routerTable, 'pre', 'prerouting', chainPriority.raw),
    rule('pre', [notrack]),
    rule('pre', [...matchInputLink('lo'), accept]),
    rule('pre', [
      ...matchInputLink('igw', { not: true }),
      inputLink,
      loadSource('ipv4', 2),
      notIn(eniAddresses),
      inputLink,
      notIn(uncheckedEnis),
      ...countAndDrop('src_check'),
    ]),
    rule('pre', [
      ...matchDestination(boxAddresses.vpcCidr),
      loadDestination('ipv4'),
      notIn(privateAddresses),
      loadDestination('ipv4'),
      notIn(routerOwnAddresses),
      ...countAndDrop('blackhole'),
    ]),
    filterChain(routerTable, 'forward', 'forward', chainPriority.filter),
    rule('forward', [...matchOutputLink('igw'), accept]),
    rule('forward', [
      outputLink,
      loadDestination('ipv4', 2),
      { kind: 'lookup', set: eniAddresses.set },
      accept,
    ]),
    rule('forward', [outputLink, { kind: 'lookup', set: uncheckedEnis.set }, accept]),
    rule('forward', countAndDrop('dst_check')),
  ];
}

/** The NAT gateway: symmetric, ports rewritten at random. */
export const natGatewayRuleset: readonly Operation[] = sourceNat('nat', [
  ...matchOutputLink('eth0'),
  ...matchSource(boxAddresses.natGateway, { not: true }),
  { kind: 'masquerade', flags: ['fully-random'] },
]);

/** The node as the VPC CNI sets it up: what leaves the VPC leaves as the node. */
export const nodeRuleset: readonly Operation[] = sourceNat('aws', [
  ...matchOutputLink('eth0'),
  ...matchDestination(boxAddresses.vpcCidr, { not: true }),
  { kind: 'immediate', value: encodeDatum('ipv4', boxAddresses.nodePrimary) },
  { kind: 'snat', family: 'ip', addressRegister: 1, flags: ['fully-random'] },
]);

type Table = typeof gatewayTable | typeof routerTable;

function tableWithCounters(table: Table, counters: readonly string[]): readonly Operation[] {
  return [
    { kind: 'add-table', table },
    ...counters.map((counter): Operation => ({
      kind: 'add-counter',
      counter: { ...table, counter },
    })),
  ];
}

function filled(set: NewSet, elements: readonly NftElement[]): readonly Operation[] {
  return [
    { kind: 'add-set', set },
    { kind: 'add-elements', set, elements },
  ];
}

function filterChain(
  table: Table,
  chain: string,
  name: 'prerouting' | 'forward',
  priority: number,
): Operation {
  return {
    kind: 'add-chain',
    chain: { ...table, chain, type: 'filter', hook: { name, priority } },
  };
}

function ruleOf(table: Table): (chain: string, expressions: readonly Expression[]) => Operation {
  return (chain, expressions) => ({ kind: 'add-rule', rule: { ...table, chain, expressions } });
}

function notIn({ set }: NewSet): Expression {
  return { kind: 'lookup', set, invert: true };
}

function countAndDrop(name: DropName): readonly Expression[] {
  return [{ kind: 'named-counter', name }, { kind: 'drop' }];
}

function sourceNat(table: string, expressions: readonly Expression[]): readonly Operation[] {
  const chain = { family: 'ip', table, chain: 'post' } as const;
  const hook = { name: 'postrouting', priority: chainPriority.srcnat } as const;
  return [
    { kind: 'add-table', table: { family: 'ip', table } },
    { kind: 'add-chain', chain: { ...chain, type: 'nat', hook } },
    { kind: 'add-rule', rule: { ...chain, expressions } },
  ];
}
