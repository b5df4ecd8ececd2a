import {
  encodeDatum,
  loadDestination,
  loadSource,
  matchConnectionState,
  matchDestination,
  matchDestinationPort,
  matchInputLink,
  matchOutputLink,
  matchProtocol,
  matchSource,
  matchSourcePort,
  writeDestination,
  writeSource,
  type Expression,
  type NewSet,
  type NftElement,
} from '@truetuple/netlink/nftables';

/** One statement as nft(8) reads it, and as we write it. */
export type Statement = readonly [text: string, expressions: readonly Expression[]];

export const table = { family: 'ip', table: 'sample' } as const;

const mark = (value: number): Uint8Array => encodeDatum('mark', value);
const equal = (value: Uint8Array): Expression => ({ kind: 'compare', operator: 'equal', value });
const meta = (key: Extract<Expression, { kind: 'meta' }>['key']): Expression => ({
  kind: 'meta',
  key,
});

/** What leaves the rest of a rule to be run. */
export const steps: readonly Statement[] = [
  ['iifname "vpc"', matchInputLink('vpc')],
  ['iifname != "igw"', matchInputLink('igw', { not: true })],
  ['oifname "eth0"', matchOutputLink('eth0')],
  ['ip saddr 10.0.2.128', matchSource('10.0.2.128')],
  ['ip saddr != 10.0.0.0/16', matchSource('10.0.0.0/16', { not: true })],
  ['ip daddr 203.0.112.0/20', matchDestination('203.0.113.9/20')],
  ['ip daddr 10.0.0.0/8', matchDestination('10.0.0.0/8')],
  ['meta l4proto udp', matchProtocol(17)],
  ['udp dport 5060', matchDestinationPort('udp', 5060)],
  ['tcp sport 5061', matchSourcePort('tcp', 5061)],
  ['meta mark 0x7', [meta('mark'), equal(mark(7))]],
  [
    'meta mark and 0xff != 0x10',
    [
      meta('mark'),
      { kind: 'bitwise', mask: mark(0xff), xor: mark(0) },
      { kind: 'compare', operator: 'not-equal', value: mark(0x10) },
    ],
  ],
  [
    'meta mark set 0x2a',
    [
      { kind: 'immediate', value: mark(42) },
      { kind: 'meta-write', key: 'mark' },
    ],
  ],
  ['ct state established,related', matchConnectionState('established', 'related')],
  [
    'meta length 100-200',
    [
      meta('length'),
      { kind: 'compare', operator: 'greater-or-equal', value: mark(100) },
      { kind: 'compare', operator: 'less-or-equal', value: mark(200) },
    ],
  ],
  ['notrack', [{ kind: 'notrack' }]],
  ['counter', [{ kind: 'counter' }]],
  ['counter name "drops"', [{ kind: 'named-counter', name: 'drops' }]],
  [
    'ip saddr set ip saddr map @out',
    [loadSource('ipv4'), { kind: 'lookup', set: 'out', result: 1 }, writeSource('ipv4')],
  ],
  [
    'ip daddr set ip daddr map @out',
    [loadDestination('ipv4'), { kind: 'lookup', set: 'out', result: 1 }, writeDestination('ipv4')],
  ],
  [
    'iifname . ip saddr != @owned',
    [meta('iifname'), loadSource('ipv4', 2), { kind: 'lookup', set: 'owned', invert: true }],
  ],
  ['ip daddr @ranges', [loadDestination('ipv4'), { kind: 'lookup', set: 'ranges' }]],
  // The address within an ICMP error, with ICMP's checksum mended.
  [
    '@th,160,32 set 0xcb007132',
    [
      { kind: 'immediate', value: encodeDatum('ipv4', '203.0.113.50') },
      {
        kind: 'payload-write',
        base: 'transport',
        offset: 20,
        length: 4,
        checksum: 'none',
      },
    ],
  ],
];

/** What ends a rule. */
export const ends: readonly Statement[] = [
  ['accept', [{ kind: 'accept' }]],
  ['drop', [{ kind: 'drop' }]],
  ['continue', [{ kind: 'continue' }]],
  ['return', [{ kind: 'return' }]],
  ['jump side', [{ kind: 'jump', chain: 'side' }]],
  ['goto side', [{ kind: 'goto', chain: 'side' }]],
  [
    'udp dport vmap @calls',
    [
      ...matchProtocol(17),
      { kind: 'payload', base: 'transport', offset: 2, length: 2 },
      { kind: 'lookup', set: 'calls', result: 'verdict' },
    ],
  ],
];

/** What only a chain of type nat may hold. */
export const nats: readonly Statement[] = [
  ['masquerade fully-random', [{ kind: 'masquerade', flags: ['fully-random'] }]],
  ['masquerade', [{ kind: 'masquerade' }]],
  [
    'snat to 10.0.1.10 fully-random',
    [
      { kind: 'immediate', value: encodeDatum('ipv4', '10.0.1.10') },
      { kind: 'snat', family: 'ip', addressRegister: 1, flags: ['fully-random'] },
    ],
  ],
  [
    'ip protocol udp snat to 10.0.1.10:5060',
    [
      { kind: 'payload', base: 'network', offset: 9, length: 1 },
      equal(Uint8Array.of(17)),
      { kind: 'immediate', value: encodeDatum('ipv4', '10.0.1.10') },
      { kind: 'immediate', register: 2, value: encodeDatum('port', 5060) },
      { kind: 'snat', family: 'ip', addressRegister: 1, portRegister: 2 },
    ],
  ],
];

interface SetCase {
  readonly text: string;
  readonly set: NewSet;
  readonly elements: readonly NftElement[];
}

/** Sets and maps that the statements use, and one of each other form. */
export const sets: readonly SetCase[] = [
  {
    text: 'map out { type ipv4_addr : ipv4_addr; elements = { 10.0.2.128 : 203.0.113.50 } }',
    set: { ...table, set: 'out', key: 'ipv4', data: 'ipv4' },
    elements: [{ key: '10.0.2.128', value: '203.0.113.50' }],
  },
  {
    text: 'set owned { type ifname . ipv4_addr; elements = { "eni-node-b" . 10.0.2.128 } }',
    set: { ...table, set: 'owned', key: ['link-name', 'ipv4'] },
    elements: [{ key: ['eni-node-b', '10.0.2.128'] }],
  },
  {
    text: 'set ranges { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }',
    set: { ...table, set: 'ranges', key: 'ipv4', flags: ['interval'] },
    elements: [{ key: '10.0.0.0' }, { key: '11.0.0.0', endsRange: true }],
  },
  {
    text: 'map calls { type inet_service : verdict; elements = { 5060 : accept, 5061 : jump side } }',
    set: { ...table, set: 'calls', key: 'port', data: 'verdict' },
    elements: [
      { key: 5060, value: { kind: 'accept' } },
      { key: 5061, value: { kind: 'jump', chain: 'side' } },
    ],
  },
  {
    text: 'set boxes { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 5060-5070 } }',
    set: { ...table, set: 'boxes', key: ['ipv4', 'port'], flags: ['interval'] },
    elements: [{ key: ['10.0.0.0', 5060], keyEnd: ['10.255.255.255', 5070] }],
  },
  {
    text: 'map marks { type mark : ether_addr; size 9; elements = { 0x7 : 02:00:00:00:00:01 } }',
    set: { ...table, set: 'marks', key: 'mark', data: 'mac', size: 9 },
    elements: [{ key: 7, value: '02:00:00:00:00:01' }],
  },
  {
    text: 'map six { type ipv6_addr . inet_proto : ipv6_addr . inet_service; elements = { 2001:db8::1 . 17 : 2001:db8::2 . 80 } }',
    set: { ...table, set: 'six', key: ['ipv6', 'protocol'], data: ['ipv6', 'port'] },
    elements: [{ key: ['2001:db8::1', 17], value: ['2001:db8::2', 80] }],
  },
  {
    text: 'set links { type ifname; elements = { "lo", "eth0" } }',
    set: { ...table, set: 'links', key: 'link-name' },
    elements: [{ key: 'lo' }, { key: 'eth0' }],
  },
];

/** What the kernel says of an expression: registers that were left out are 1. */
export function told(expression: Expression): object {
  const { kind } = expression;
  if (kind === 'counter') return { kind, packets: 0, bytes: 0 };
  if (kind === 'bitwise') return { register: 1, source: 1, ...expression };
  const silent = ['named-counter', 'notrack', 'snat', 'dnat', 'masquerade', ...ends.map(kindOf)];
  const all = silent.includes(kind) ? expression : { register: 1, ...expression };
  const { checksum, ...rest } = { checksum: undefined, ...all };
  return checksum === undefined || checksum === 'none' ? rest : { ...rest, checksum };
}

function kindOf([, expressions]: (typeof ends)[number]): string {
  return expressions.length === 1 ? (expressions[0]?.kind ?? '') : '';
}
