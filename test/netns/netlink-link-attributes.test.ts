import {
  createNetworkNamespace,
  encodeInetAddress,
  openNetlink,
  openSocket,
  type Link,
} from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { shownByIp } from './netlink-ip-bytes.ts';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

/** What `ip -statistics -statistics -details -json link show` calls the fields of a link. */
const shownAs = {
  mtu: 'mtu',
  minMtu: 'min_mtu',
  maxMtu: 'max_mtu',
  queueDiscipline: 'qdisc',
  txQueueLength: 'txqlen',
  txQueues: 'num_tx_queues',
  rxQueues: 'num_rx_queues',
  gsoMaxSize: 'gso_max_size',
  gsoMaxSegments: 'gso_max_segs',
  tsoMaxSize: 'tso_max_size',
  tsoMaxSegments: 'tso_max_segs',
  groMaxSize: 'gro_max_size',
  promiscuity: 'promiscuity',
} as const;
const receivedAs = {
  receivedBytes: 'bytes',
  receivedPackets: 'packets',
  receiveErrors: 'errors',
  receiveDropped: 'dropped',
  multicast: 'multicast',
  receiveLengthErrors: 'length_errors',
  receiveCrcErrors: 'crc_errors',
  receiveFrameErrors: 'frame_errors',
  receiveFifoErrors: 'fifo_errors',
} as const;
const sentAs = {
  sentBytes: 'bytes',
  sentPackets: 'packets',
  sendErrors: 'errors',
  sendDropped: 'dropped',
  collisions: 'collisions',
  sendAbortedErrors: 'aborted_errors',
  sendFifoErrors: 'fifo_errors',
  sendWindowErrors: 'window_errors',
  sendHeartbeatErrors: 'heartbeat_errors',
} as const;

interface Shown {
  readonly ifname: string;
  readonly linkmode: string;
  readonly stats64: Readonly<Record<'rx' | 'tx', Readonly<Record<string, number>>>>;
}

/** What `ip` says, under our names. */
function theirs(shown: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const found = new Map(Object.entries(shown));
  return Object.fromEntries(Object.entries(names).map(([own, name]) => [own, found.get(name)]));
}

function ours(told: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(told).filter(([name]) => name in names));
}

describe.skipIf(reason !== undefined)(`all that a link says${needs}`, () => {
  it('is what ip shows of it, numbers and counters, and nothing is left without a name', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    await links.set({ name: 'net1' }, { promiscuous: true, mtu: 1400, txQueueLength: 77 });
    expect(await linkNamed(pair.netlink, 'net1')).toMatchObject({ carrier: true });
    // nothing goes over the pair any more: the counters stand still
    await pair.far.links.set({ name: 'far1' }, { up: false });
    await links.set({ name: 'net1' }, { up: false });
    using sender = openSocket({ domain: 'inet', type: 'datagram', netns: pair.here });
    for (let count = 0; count < 3; count++)
      sender.sendTo(Buffer.alloc(100), encodeInetAddress('127.0.0.1', 9));
    const all: readonly Link[] = await links.list();
    const shown = shownByIp(pair.here, ['-statistics', '-statistics', 'link', 'show']) as Shown[];
    expect(shown.map(({ ifname }) => ifname)).toEqual(all.map(({ name }) => name));
    for (const [index, link] of all.entries()) {
      const other = shown[index] as Shown;
      expect(ours(link, shownAs), link.name).toEqual(theirs(other, shownAs));
      expect(link.linkMode?.toUpperCase()).toBe(other.linkmode);
      const { statistics = {} } = link;
      expect(ours(statistics, receivedAs)).toEqual(theirs(other.stats64.rx, receivedAs));
      expect(ours(statistics, sentAs)).toEqual(theirs(other.stats64.tx, sentAs));
      expect(link.unknownAttributes).toEqual([]);
    }
    const net1 = await linkNamed(pair.netlink, 'net1');
    expect(net1).toMatchObject({ carrier: false, protocolDown: false });
    expect(net1.carrierUpCount).toBeGreaterThan(0);
    const lo = await linkNamed(pair.netlink, 'lo');
    expect(lo.statistics?.sentPackets).toBeGreaterThanOrEqual(3);
  });

  it('is made and changed as it is told', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    const link = {
      kind: 'veth',
      name: 'a',
      up: true,
      peer: { name: 'b', up: true },
      txQueues: 4,
      rxQueues: 2,
    } as const;
    await netlink.links.add(link);
    expect(await linkNamed(netlink, 'a')).toMatchObject({ txQueues: 4, rxQueues: 2 });
    expect(await netlink.links.ensure(link)).toBe('unchanged');
    await expect(netlink.links.ensure({ ...link, txQueues: 3 })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    const limits = { gsoMaxSize: 30_000, gsoMaxSegments: 20, groMaxSize: 40_000 };
    await netlink.links.set({ name: 'a' }, { ...limits, linkMode: 'dormant' });
    expect(await linkNamed(netlink, 'a')).toMatchObject({
      ...limits,
      linkMode: 'dormant',
    });
    await netlink.links.add({
      kind: 'macvlan',
      name: 'm',
      parentIndex: (await linkNamed(netlink, 'b')).index,
      mode: 'bridge',
    });
    await netlink.links.set({ name: 'm' }, { protocolDown: true });
    expect(await linkNamed(netlink, 'm')).toMatchObject({ protocolDown: true });
  });
});
