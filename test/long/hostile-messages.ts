import { NetlinkError } from '@truetuple/netlink';
import { decodeFlow } from '../../packages/netlink/src/conntrack/decode-flow.ts';
import { encodeAddFlow } from '../../packages/netlink/src/conntrack/encode-flow.ts';
import { explain } from '../../packages/netlink/src/explain/explain.ts';
import { encodeBatch } from '../../packages/netlink/src/nftables/batch.ts';
import { decodeChain } from '../../packages/netlink/src/nftables/chain.ts';
import { decodeElements } from '../../packages/netlink/src/nftables/element.ts';
import { matchSource, writeSource } from '../../packages/netlink/src/nftables/match.ts';
import { decodeNftRule } from '../../packages/netlink/src/nftables/rule.ts';
import { decodeSet } from '../../packages/netlink/src/nftables/set.ts';
import { decodeTable } from '../../packages/netlink/src/nftables/table.ts';
import { decodeAddress } from '../../packages/netlink/src/rtnetlink/decode-address.ts';
import { decodeLink } from '../../packages/netlink/src/rtnetlink/decode-link.ts';
import { decodeRoute } from '../../packages/netlink/src/rtnetlink/decode-route.ts';
import { decodeRule } from '../../packages/netlink/src/rtnetlink/decode-rule.ts';
import { encodeAddAddress } from '../../packages/netlink/src/rtnetlink/encode-address.ts';
import { encodeAddLink, encodeSetLink } from '../../packages/netlink/src/rtnetlink/encode-link.ts';
import { encodeAddRoute } from '../../packages/netlink/src/rtnetlink/encode-route.ts';
import { encodeAddRule } from '../../packages/netlink/src/rtnetlink/encode-rule.ts';
import { decodeEvent } from '../../packages/netlink/src/rtnetlink/event.ts';
import {
  decodeNeighbour,
  encodeAddNeighbour,
} from '../../packages/netlink/src/rtnetlink/neighbour.ts';
import {
  decodeNextHop,
  encodeAddNextHop,
} from '../../packages/netlink/src/rtnetlink/next-hop-codec.ts';
import { decodeSocket } from '../../packages/netlink/src/sock-diag/socket-codec.ts';
import { MessageWriter } from '../../packages/netlink/src/wire/message-writer.ts';

type Decode = (view: DataView, start: number, end: number) => unknown;

interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly decode: Decode;
}

const table = { family: 'ip', table: 't' } as const;
const map = { ...table, set: 'm', key: ['ipv4', 'port'], data: ['ipv4', 'port'] } as const;

/** Well-formed messages that reach every part of a decoder. */
function seeds(): readonly Seed[] {
  const writer = new MessageWriter();
  const take = (name: string, decode: Decode, bytes: Uint8Array): Seed => ({
    name,
    decode,
    bytes: bytes.slice(),
  });
  const vxlan = {
    kind: 'vxlan',
    name: 'vx0',
    id: 7,
    remote: '192.0.2.1',
    local: '192.0.2.2',
  } as const;
  const nextHops = [
    { gateway: '10.0.2.1', linkIndex: 3, weight: 2 },
    { gateway: 'fe80::1', linkIndex: 3 },
  ];
  const metrics = { advertisedMss: 1400, congestionControl: 'reno', locked: ['mtu'] } as const;
  const tuple = {
    source: '192.0.2.1',
    destination: '192.0.2.2',
    protocol: 6,
    sourcePort: 1,
    destinationPort: 2,
  };
  const operations = encodeBatch([
    { kind: 'add-table', table, exclusive: false },
    { kind: 'add-set', set: map, exclusive: false },
    {
      kind: 'add-elements',
      set: map,
      exclusive: false,
      elements: [{ key: ['192.0.2.1', 5060], value: ['192.0.2.2', 5060] }],
    },
    {
      kind: 'add-chain',
      chain: { ...table, chain: 'c', hook: { name: 'prerouting', priority: -300 } },
      exclusive: false,
    },
    {
      kind: 'add-rule',
      rule: {
        ...table,
        chain: 'c',
        expressions: [
          ...matchSource('192.0.2.0/25'),
          { kind: 'counter' },
          { kind: 'lookup', set: 'm', result: 1 },
          writeSource('ipv4'),
        ],
      },
    },
  ]);
  const nft = split(operations.message).slice(1, -1);
  const nftDecoders: readonly (readonly [string, Decode])[] = [
    ['nft table', decodeTable],
    ['nft set', decodeSet],
    ['nft elements', (view, start, end) => decodeElements(map, view, start, end)],
    ['nft chain', decodeChain],
    ['nft rule', decodeNftRule],
  ];
  return [
    take('link', decodeLink, encodeAddLink(writer, vxlan)),
    take(
      'link settings',
      decodeLink,
      encodeSetLink(
        writer,
        { name: 'net1' },
        { alias: 'a', ipv4: { rpFilter: 2 }, ipv6: { addressGeneration: 'none' } },
      ),
    ),
    take(
      'route',
      decodeRoute,
      encodeAddRoute(
        writer,
        { destination: '10.7.0.0/16', nextHops, metrics, mtu: 1400, table: 1000 },
        'replace',
      ),
    ),
    take(
      'route by the other family',
      decodeRoute,
      encodeAddRoute(
        writer,
        { destination: '10.8.0.0/16', gateway: 'fe80::1', linkIndex: 3 },
        'replace',
      ),
    ),
    take(
      'rule',
      decodeRule,
      encodeAddRule(writer, {
        from: '10.0.2.128/32',
        inputLinkName: 'net1',
        sourcePorts: { first: 1, last: 2 },
        uidRange: { first: 0, last: 9 },
        table: 1000,
      }),
    ),
    take(
      'address',
      decodeAddress,
      encodeAddAddress(
        writer,
        {
          linkIndex: 3,
          address: '2001:db8::1/64',
          preferredSeconds: 1,
          validSeconds: 2,
          manageTemporary: true,
        },
        true,
      ),
    ),
    take(
      'neighbour',
      decodeNeighbour,
      encodeAddNeighbour(
        writer,
        { linkIndex: 3, address: '10.0.2.1', macAddress: '02:00:00:00:02:01' },
        'replace',
      ),
    ),
    take(
      'next hops',
      decodeNextHop,
      encodeAddNextHop(
        writer,
        { id: 9, target: { kind: 'group', members: [{ id: 1, weight: 2 }] } },
        'replace',
      ),
    ),
    take(
      'flow',
      decodeFlow,
      encodeAddFlow(writer, {
        original: tuple,
        timeoutSeconds: 60,
        tcpState: 'established',
        mark: 1,
        zone: 2,
      }),
    ),
    take('socket', (view, start, end) => decodeSocket(view, start, end, 'tcp'), socketAnswer()),
    ...nft.map((bytes, index) =>
      take(nftDecoders[index]?.[0] ?? '', nftDecoders[index]?.[1] ?? decodeTable, bytes),
    ),
  ];
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

/** Marsaglia's xorshift, 32 bits: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export interface HostileRun {
  readonly messages: number;
  /** How many were refused, each with an error of this package. */
  readonly refused: number;
  /** Microseconds of the slowest one. */
  readonly slowestUs: number;
}

/**
 * Feeds so many mutated messages to the decoders: bytes and lengths changed, parts cut off, repeated, or taken from another message.
 * @throws Error with the seed, the message's number and its bytes, for anything thrown that is not a NetlinkError
 */
export function feedHostileMessages(count: number, seed: number): HostileRun {
  const next = random(seed);
  const all = seeds();
  const buffer = new Uint8Array(1024);
  const view = new DataView(buffer.buffer);
  let refused = 0;
  let slowest = 0;
  for (let number = 0; number < count; number += 1) {
    const one = all[next() % all.length];
    if (one === undefined) throw new Error('there is no seed');
    const length = mutate(buffer, one.bytes, all, next);
    const start = performance.now();
    try {
      one.decode(view, 16, length);
      if (number % 4 === 0) explain(buffer.subarray(0, length), { bus: busOf(one.name) });
      if (number % 4 === 1) decodeEvent(view.getUint16(4, true), view, 16, length);
    } catch (error) {
      if (!NetlinkError.is(error)) {
        const hex = Buffer.from(buffer.subarray(0, length)).toString('hex');
        const where = `${one.name}, message ${String(number)} of seed ${String(seed)}`;
        throw new Error(`${where}: ${hex}`, { cause: error });
      }
      refused += 1;
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  return { messages: count, refused, slowestUs: slowest * 1000 };
}

function busOf(name: string): 'route' | 'netfilter' | 'sock-diag' {
  if (name === 'socket') return 'sock-diag';
  return name === 'flow' || name.startsWith('nft') ? 'netfilter' : 'route';
}

/** Gives the length of what lies in `buffer` now; beyond it lies what was there before. */
function mutate(
  buffer: Uint8Array,
  bytes: Uint8Array,
  all: readonly Seed[],
  next: () => number,
): number {
  buffer.set(bytes);
  let { length } = bytes;
  for (let changes = next() % 6; changes > 0; changes -= 1) {
    const at = next() % length;
    switch (next() % 5) {
      case 0:
        buffer[at] = next();
        break;
      case 1: // a length or type of an attribute, which lie at multiples of 4
        buffer[at & ~3] = next() % 4 === 0 ? 255 : next() % 64;
        break;
      case 2:
        length = Math.max(1, at);
        break;
      case 3: {
        const other = all[next() % all.length]?.bytes ?? bytes;
        const part = other.subarray(next() % other.length);
        const room = Math.min(part.length, buffer.length - at);
        buffer.set(part.subarray(0, room), at);
        length = Math.max(length, at + room);
        break;
      }
      default:
        buffer.copyWithin(at, 0, Math.min(length, buffer.length - at));
    }
  }
  return length;
}
