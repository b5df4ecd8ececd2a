import { decodeFlow } from '../conntrack/decode-flow.ts';
import { encodeAddFlow } from '../conntrack/encode-flow.ts';
import { encodeBatch } from '../nftables/batch.ts';
import { decodeChain } from '../nftables/chain.ts';
import { decodeElements } from '../nftables/element.ts';
import { matchSource, writeSource } from '../nftables/match.ts';
import { decodeNftRule } from '../nftables/rule.ts';
import { decodeSet } from '../nftables/set.ts';
import { decodeTable } from '../nftables/table.ts';
import { decodeAddress } from '../rtnetlink/decode-address.ts';
import { decodeLink } from '../rtnetlink/decode-link.ts';
import { decodeRoute } from '../rtnetlink/decode-route.ts';
import { decodeRule } from '../rtnetlink/decode-rule.ts';
import { encodeAddAddress } from '../rtnetlink/encode-address.ts';
import { encodeAddLink, encodeSetLink } from '../rtnetlink/encode-link.ts';
import { encodeAddRoute } from '../rtnetlink/encode-route.ts';
import { encodeAddRule } from '../rtnetlink/encode-rule.ts';
import { decodeNeighbour, encodeAddNeighbour } from '../rtnetlink/neighbour.ts';
import { decodeNextHop, encodeAddNextHop } from '../rtnetlink/next-hop-codec.ts';
import { decodeSocket } from '../sock-diag/socket-codec.ts';
import { MessageWriter } from '../wire/message-writer.ts';

export type Decode = (view: DataView, start: number, end: number) => unknown;

/** A well-formed message, and who reads it. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decode: Decode;
}

const table = { family: 'ip', table: 't' } as const;
const map = { ...table, set: 'm', key: ['ipv4', 'port'], data: ['ipv4', 'port'] } as const;

type Encode = (writer: MessageWriter) => Uint8Array;

const vxlan = { kind: 'vxlan', name: 'v', id: 7, remote: '192.0.2.1', local: '192.0.2.2' } as const;
const linkChange = {
  alias: 'a',
  ipv4: { rpFilter: 2 },
  ipv6: { addressGeneration: 'none' },
} as const;
const byTwoWays = {
  destination: '10.7.0.0/16',
  nextHops: [
    { gateway: '10.0.2.1', linkIndex: 3, weight: 2 },
    { gateway: 'fe80::1', linkIndex: 3 },
  ],
  metrics: { advertisedMss: 1400, congestionControl: 'reno', locked: ['mtu'] },
  mtu: 1400,
  table: 1000,
} as const;
const byOtherFamily = { destination: '10.8.0.0/16', gateway: 'fe80::1', linkIndex: 3 };
const rule = {
  from: '10.0.2.128/32',
  inputLinkName: 'net1',
  sourcePorts: { first: 1, last: 2 },
  uidRange: { first: 0, last: 9 },
  table: 1000,
};
const lifetimes = { preferredSeconds: 1, validSeconds: 2, manageTemporary: true };
const address = { linkIndex: 3, address: '2001:db8::1/64', ...lifetimes };
const neighbour = { linkIndex: 3, address: '10.0.2.1', macAddress: '02:00:00:00:02:01' };
const group = { id: 9, target: { kind: 'group', members: [{ id: 1, weight: 2 }] } } as const;
const ends = { source: '192.0.2.1', destination: '192.0.2.2' };
const original = { ...ends, protocol: 6, sourcePort: 1, destinationPort: 2 };
const flow = { original, timeoutSeconds: 60, tcpState: 'established', mark: 1, zone: 2 } as const;

const encoded: readonly (readonly [name: string, decode: Decode, encode: Encode])[] = [
  ['link', decodeLink, (writer) => encodeAddLink(writer, vxlan)],
  ['link settings', decodeLink, (writer) => encodeSetLink(writer, { name: 'l' }, linkChange)],
  ['route', decodeRoute, (writer) => encodeAddRoute(writer, byTwoWays, 'replace')],
  ['other family', decodeRoute, (writer) => encodeAddRoute(writer, byOtherFamily, 'replace')],
  ['rule', decodeRule, (writer) => encodeAddRule(writer, rule)],
  ['address', decodeAddress, (writer) => encodeAddAddress(writer, address, true)],
  ['neighbour', decodeNeighbour, (writer) => encodeAddNeighbour(writer, neighbour, 'replace')],
  ['next hops', decodeNextHop, (writer) => encodeAddNextHop(writer, group, 'replace')],
  ['flow', decodeFlow, (writer) => encodeAddFlow(writer, flow)],
  ['socket', (view, start, end) => decodeSocket(view, start, end, 'tcp'), socketAnswer],
];

/** In the order of the operations of `nftMessages`. */
const nftDecoders: readonly (readonly [name: string, decode: Decode])[] = [
  ['nft table', decodeTable],
  ['nft set', decodeSet],
  ['nft elements', (view, start, end) => decodeElements(map, view, start, end)],
  ['nft chain', decodeChain],
  ['nft rule', decodeNftRule],
];

/** Well-formed messages that reach every part of a decoder. */
export function hostileSeeds(): readonly Seed[] {
  const writer = new MessageWriter();
  const messages = nftMessages();
  return [
    ...encoded.map(([name, decode, encode]) => ({ name, decode, bytes: encode(writer).slice() })),
    ...nftDecoders.map(([name, decode], index) => {
      const bytes = messages[index];
      if (bytes === undefined) throw new Error(`there is no message for ${name}`);
      return { name, decode, bytes };
    }),
  ];
}

function nftMessages(): readonly Uint8Array[] {
  const elements = [{ key: ['192.0.2.1', 5060], value: ['192.0.2.2', 5060] }] as const;
  const chain = { ...table, chain: 'c' };
  const expressions = [
    ...matchSource('192.0.2.0/25'),
    { kind: 'counter' },
    { kind: 'lookup', set: map.set, result: 1 },
    writeSource('ipv4'),
  ] as const;
  const hook = { name: 'prerouting', priority: -300 } as const;
  const { message } = encodeBatch([
    { kind: 'add-table', table, exclusive: false },
    { kind: 'add-set', set: map, exclusive: false },
    { kind: 'add-elements', set: map, elements, exclusive: false },
    { kind: 'add-chain', chain: { ...chain, hook }, exclusive: false },
    { kind: 'add-rule', rule: { ...chain, expressions } },
  ]);
  // without the batch's ends
  return split(message).slice(1, -1);
}

/** The kernel's answer to a listing: a header, struct inet_diag_msg, and the socket's memory. */
function socketAnswer(): Uint8Array {
  const bytes = new Uint8Array(16 + 72 + 40);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  bytes.set([20, 0, 2, 0], 4);
  bytes.set([2, 1], 16);
  bytes.set([40, 0, 7, 0], 88);
  return bytes;
}

function split(whole: Uint8Array): Uint8Array[] {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < whole.length;) {
    const length = view.getUint32(at, true);
    messages.push(whole.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return messages;
}
