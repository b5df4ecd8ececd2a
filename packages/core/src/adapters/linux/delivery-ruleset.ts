import {
  encodeDatum,
  matchDestination,
  matchInputLink,
  matchOutputLink,
  matchProtocol,
  matchSource,
  writeDestination,
  writeSource,
  type ChainHook,
  type ChainType,
  type Expression,
} from '@truetuple/netlink/nftables';
import { isIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import type { DeliveryTable } from '../../kernel/delivery-table.ts';

/** A base chain of a delivery table with its rules, in order. */
export interface DeliveryChain {
  readonly chain: string;
  readonly type: ChainType;
  readonly hook: ChainHook;
  readonly rules: readonly DeliveryRule[];
}

export interface DeliveryRule {
  readonly expressions: readonly Expression[];
  /** What the table is for, so that it can be read back; the kernel keeps it. */
  readonly comment?: string;
}

/** Before connection tracking and after source NAT: whoever tracks sees private addresses only. */
const beforeAll = -300;
const afterAll = 300;
const destinationNat = -100;

/** The chains that make a delivery table do what it says. */
export function deliveryChains(table: DeliveryTable): DeliveryChain[] {
  return table.mode === 'dnat' ? dnatChains(table) : translateChains(table);
}

function dnatChains({ linkName, privateIp, publicIp }: DeliveryTable): DeliveryChain[] {
  const expressions: Expression[] = [
    ...matchInputLink(linkName),
    ...matchDestination(publicIp),
    put(privateIp),
    { kind: 'dnat', family: 'ip', addressRegister: 1 },
  ];
  const comment = formatHead({ mode: 'dnat', linkName, privateIp });
  const hook = { name: 'prerouting', priority: destinationNat } as const;
  return [{ chain: 'prerouting', type: 'nat', hook, rules: [{ expressions, comment }] }];
}

function translateChains(table: DeliveryTable): DeliveryChain[] {
  const { linkName, privateIp, publicIp, routedCidrs } = table;
  const arriving: Expression[] = [
    ...matchInputLink(linkName),
    ...matchDestination(publicIp),
    { kind: 'notrack' },
    put(privateIp),
    writeDestination('ipv4'),
  ];
  const leaving = routedCidrs.map((cidr) => ({
    cidr,
    link: matchOutputLink(linkName),
    own: [...matchOutputLink(linkName), ...matchSource(privateIp), ...matchDestination(cidr)],
  }));
  return [
    {
      chain: 'prerouting',
      type: 'filter',
      hook: { name: 'prerouting', priority: beforeAll },
      rules: [
        { expressions: arriving, comment: formatHead(table) },
        // whatever the error's own destination is: of a router on the way we know no more than that
        // it quotes a packet that left with the public source
        ...quoting(matchInputLink(linkName), 'source', publicIp, privateIp),
      ],
    },
    {
      chain: 'output',
      type: 'filter',
      hook: { name: 'output', priority: beforeAll },
      rules: leaving.map(({ own, cidr }) => ({
        expressions: [...own, { kind: 'notrack' }],
        comment: cidr,
      })),
    },
    {
      chain: 'postrouting',
      type: 'filter',
      hook: { name: 'postrouting', priority: afterAll },
      rules: leaving.flatMap(({ own, link, cidr }) => [
        ...quoting([...link, ...matchDestination(cidr)], 'destination', privateIp, publicIp),
        { expressions: [...own, put(publicIp), writeSource('ipv4')] },
      ]),
    },
  ];
}

/** Types of ICMP that quote a packet: destination unreachable; time exceeded and parameter problem (RFC 792). */
const quotingTypes = [
  [3, 3],
  [11, 12],
] as const;

/** Where the quoted packet's addresses and checksum lie: its IPv4 header follows the 8 bytes of ICMP's own. */
const quoted = { source: 8 + 12, destination: 8 + 16, checksum: 8 + 10 } as const;

/**
 * ICMP errors carry the head of the packet that they are about, by which the kernel finds the socket: without
 * this a socket neither learns a path MTU nor a refusal. Only the quoted header's checksum is mended: address
 * and checksum change by opposite amounts, so that ICMP's own checksum, which covers both, stays right.
 */
function quoting(
  matches: readonly Expression[],
  side: 'source' | 'destination',
  from: Ipv4Address,
  to: Ipv4Address,
): DeliveryRule[] {
  const base = 'transport';
  const [offset, length] = [quoted[side], 4];
  const checksumOffset = quoted.checksum;
  return quotingTypes.map(([first, last]) => ({
    expressions: [
      ...matches,
      ...matchProtocol(1),
      { kind: 'payload', base: 'transport', offset: 0, length: 1 },
      { kind: 'range', operator: 'equal', from: Uint8Array.of(first), to: Uint8Array.of(last) },
      { kind: 'payload', base, offset, length },
      { kind: 'compare', operator: 'equal', value: encodeDatum('ipv4', from) },
      put(to),
      { kind: 'payload-write', base, offset, length, checksum: 'inet', checksumOffset },
    ],
  }));
}

function put(address: Ipv4Address): Expression {
  return { kind: 'immediate', value: encodeDatum('ipv4', address) };
}

/** "translate net1 10.0.2.128": the comment of the table's first rule. The table's name has the rest. */
function formatHead(head: Pick<DeliveryTable, 'mode' | 'linkName' | 'privateIp'>): string {
  return `${head.mode} ${head.linkName} ${head.privateIp}`;
}

/** The inverse of {@link formatHead}, of text that anybody may have written. */
export function parseHead(
  comment: string,
): Pick<DeliveryTable, 'mode' | 'linkName' | 'privateIp'> | undefined {
  const [mode, linkName, privateIp, ...more] = comment.split(' ');
  if (mode !== 'translate' && mode !== 'dnat') return undefined;
  if (linkName === undefined || privateIp === undefined || more.length > 0) return undefined;
  return isIpv4Address(privateIp) ? { mode, linkName, privateIp } : undefined;
}
