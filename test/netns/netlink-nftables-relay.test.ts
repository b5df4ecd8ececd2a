import { once } from 'node:events';
import type { Socket } from 'node:dgram';
import { udpIn } from '@truetuple/lab';
import { encodeInetAddress, openSocket } from '@truetuple/netlink';
import {
  encodeDatum,
  matchProtocol,
  openNftables,
  writeDestination,
  writeSource,
  type Expression,
  type Nftables,
} from '@truetuple/netlink/nftables';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPair, type NetlinkPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const own = '10.0.2.128';
const peerA = { address: '10.0.2.50', port: 6000 };
const peerB = { address: '10.0.2.51', port: 7000 };
/** Our port towards each of them. */
const [portA, portB] = [40_000, 40_002];
const table = { family: 'netdev', table: 'relay' } as const;
const flows = {
  ...table,
  set: 'flows',
  key: ['ipv4', 'port', 'ipv4', 'port'],
  data: ['ipv4', 'port', 'port'],
} as const;
/** Registers: the key's four parts from 8; what the map gives (where to, to which port, from which); then constants. */
const [source, to, toPort, fromPort, ownAddress, ownLink] = [8, 12, 13, 14, 16, 17];

function equal(value: Uint8Array): Expression {
  return { kind: 'compare', operator: 'equal', value };
}

function payload(base: 'network' | 'transport', offset: number, length: number): Expression {
  return { kind: 'payload', base, offset, length };
}

/** One bit pattern within one byte. */
function bits(mask: number, value: number): Expression[] {
  const xor = Uint8Array.of(0);
  return [{ kind: 'bitwise', mask: Uint8Array.of(mask), xor }, equal(Uint8Array.of(value))];
}

/** A whole UDP datagram that carries RTP (RFC 3550), not RTCP on the same port (RFC 5761, section 4), of a known flow. */
const isKnownRtp: readonly Expression[] = [
  ...matchProtocol(17),
  payload('network', 6, 2),
  { kind: 'bitwise', mask: Uint8Array.of(0x3f, 0xff), xor: new Uint8Array(2) },
  equal(new Uint8Array(2)),
  payload('transport', 8, 1),
  ...bits(0xc0, 0x80),
  payload('transport', 9, 1),
  { kind: 'range', operator: 'not-equal', from: Uint8Array.of(192), to: Uint8Array.of(223) },
  { kind: 'payload', base: 'network', offset: 12, length: 4, register: source },
  { kind: 'payload', base: 'transport', offset: 0, length: 2, register: source + 1 },
  { kind: 'payload', base: 'network', offset: 16, length: 4, register: source + 2 },
  { kind: 'payload', base: 'transport', offset: 2, length: 2, register: source + 3 },
  { kind: 'lookup', set: flows.set, register: source, result: to },
];

function port(offset: number, register: number, hasChecksum: boolean): Expression {
  const write = { kind: 'payload-write', base: 'transport', offset, length: 2, register } as const;
  return hasChecksum
    ? { ...write, checksum: 'inet', checksumOffset: 6 }
    : { ...write, checksum: 'none', checksumOffset: 0 };
}

/** Other addresses and ports, and out of the same link. A UDP checksum of 0 is none, and stays none. */
function relayed(linkIndex: number, hasChecksum: boolean): Expression[] {
  const operator = hasChecksum ? 'not-equal' : 'equal';
  return [
    payload('transport', 6, 2),
    { kind: 'compare', operator, value: new Uint8Array(2) },
    port(2, toPort, hasChecksum),
    port(0, fromPort, hasChecksum),
    writeDestination('ipv4', to),
    { kind: 'immediate', value: encodeDatum('ipv4', own), register: ownAddress },
    writeSource('ipv4', ownAddress),
    { kind: 'counter' },
    { kind: 'immediate', value: encodeDatum('link-index', linkIndex), register: ownLink },
    { kind: 'forward', linkRegister: ownLink, addressRegister: to, family: 'ip' },
  ];
}

async function offload(nft: Nftables, linkIndex: number): Promise<void> {
  await nft.transaction((t) => {
    t.addTable(table);
    t.addSet(flows);
    const hook = { name: 'ingress', priority: 0, devices: ['net1'] } as const;
    t.addChain({ ...table, chain: 'in', hook });
    for (const hasChecksum of [true, false]) {
      const expressions = [...isKnownRtp, ...relayed(linkIndex, hasChecksum)];
      t.addRule({ ...table, chain: 'in', expressions });
    }
    t.addElements(flows, [
      { key: [peerA.address, peerA.port, own, portA], value: [peerB.address, peerB.port, portB] },
      { key: [peerB.address, peerB.port, own, portB], value: [peerA.address, peerA.port, portA] },
    ]);
  });
}

/** Datagrams that a socket got, as "first bytes from address:port". */
class Ear {
  readonly socket: Socket;
  readonly heard: string[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (bytes, { address, port: from }) => {
      const head = bytes.subarray(0, 2).toString('hex');
      this.heard.push(`${head} (${String(bytes.length)}) from ${address}:${String(from)}`);
    });
  }

  async until(count: number): Promise<readonly string[]> {
    while (this.heard.length < count) await once(this.socket, 'message');
    return this.heard;
  }
}

/** RTP of payload type 0 with 160 bytes of sound. */
function rtp(length = 172): Uint8Array {
  const packet = new Uint8Array(length);
  packet.set([0x80, 0]);
  return packet;
}

describe.skipIf(reason !== undefined)(
  `a relay in the kernel, between two peers on one link${needs}`,
  () => {
    let pair: NetlinkPair;
    let nft: Nftables;
    let [a, b, ourA, ourB]: Ear[] = [];
    const ear = (one: Ear | undefined): Ear => {
      if (one === undefined) throw new Error('the sockets are not open');
      return one;
    };

    beforeEach(async () => {
      pair = await openPair();
      const far1 = (await pair.far.links.get({ name: 'far1' }))?.index ?? 0;
      await pair.netlink.addresses.add({ linkIndex: pair.net1.index, address: `${own}/24` });
      for (const { address } of [peerA, peerB]) {
        await pair.far.addresses.add({ linkIndex: far1, address: `${address}/24` });
      }
      nft = await openNftables({ netns: pair.here });
      await offload(nft, pair.net1.index);
      a = new Ear(await udpIn(pair.there, peerA.address, peerA.port));
      b = new Ear(await udpIn(pair.there, peerB.address, peerB.port));
      ourA = new Ear(await udpIn(pair.here, own, portA));
      ourB = new Ear(await udpIn(pair.here, own, portB));
    });
    afterEach(async () => {
      for (const one of [a, b, ourA, ourB]) {
        const closed = once(ear(one).socket, 'close');
        ear(one).socket.close();
        await closed;
      }
      nft.close();
      pair[Symbol.dispose]();
    });

    it('RTP goes both ways from our tuples, and never meets our sockets', async () => {
      for (let count = 0; count < 100; count += 1) {
        ear(a).socket.send(rtp(), portA, own);
        ear(b).socket.send(rtp(), portB, own);
      }
      expect(new Set(await ear(b).until(100))).toEqual(
        new Set([`8000 (172) from ${own}:${String(portB)}`]),
      );
      expect(new Set(await ear(a).until(100))).toEqual(
        new Set([`8000 (172) from ${own}:${String(portA)}`]),
      );
      expect([...ear(ourA).heard, ...ear(ourB).heard]).toEqual([]);
      const counters = (await nft.rules.list(table)).flatMap(({ expressions }) =>
        expressions.flatMap((one) => (one.kind === 'counter' ? [one.packets] : [])),
      );
      expect(counters).toEqual([200, 0]);
    });

    it('a datagram without a UDP checksum arrives without one', async () => {
      using bare = openSocket({ domain: 'inet', type: 'datagram', netns: pair.there });
      bare.setOption(1, 11, 1); // SOL_SOCKET, SO_NO_CHECK
      // the peer's own socket gives way
      const closed = once(ear(a).socket, 'close');
      ear(a).socket.close();
      await closed;
      bare.bind(encodeInetAddress(peerA.address, peerA.port));
      bare.sendTo(rtp(), encodeInetAddress(own, portA));
      expect(await ear(b).until(1)).toEqual([`8000 (172) from ${own}:${String(portB)}`]);
      a = new Ear(await udpIn(pair.there, peerA.address, peerA.port + 1));
    });

    it('what is not RTP of a known flow still meets our sockets', async () => {
      const send = (bytes: Uint8Array): void => ear(a).socket.send(bytes, portA, own);
      send(Uint8Array.of(0x80, 200, 0, 1, 0, 0, 0, 0)); // RTCP, a sender report
      send(Uint8Array.of(0x00, 0x01, 0, 0)); // STUN
      send(rtp(3000)); // in fragments
      ear(b).socket.send(rtp(), portA, own); // B's tuple, but A's port
      const heard = await ear(ourA).until(4);
      expect(heard).toEqual([
        `80c8 (8) from ${peerA.address}:${String(peerA.port)}`,
        `0001 (4) from ${peerA.address}:${String(peerA.port)}`,
        `8000 (3000) from ${peerA.address}:${String(peerA.port)}`,
        `8000 (172) from ${peerB.address}:${String(peerB.port)}`,
      ]);
      expect(ear(b).heard).toEqual([]);
    });

    it('elements come and go without a packet lost to nobody', async () => {
      const element = {
        key: [peerA.address, peerA.port, own, portA],
        value: [peerB.address, peerB.port, portB],
      } as const;
      await nft.transaction((t) => t.deleteElements(flows, [element]));
      ear(a).socket.send(rtp(), portA, own);
      expect(await ear(ourA).until(1)).toHaveLength(1);
      await nft.transaction((t) => t.addElements(flows, [element]));
      ear(a).socket.send(rtp(), portA, own);
      expect(await ear(b).until(1)).toHaveLength(1);
      expect(ear(ourA).heard).toHaveLength(1);
    });
  },
);
