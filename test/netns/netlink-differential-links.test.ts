import {
  createNetworkNamespace,
  openNetlink,
  type LinkChange,
  type NewLink,
} from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { encodeAddLink, encodeSetLink } from '../../packages/netlink/src/rtnetlink/encode-link.ts';
import { rtm } from '../../packages/netlink/src/schema/rtnetlink.ts';
import { takeApart } from '../../packages/netlink/src/testing/captured-message.ts';
import { MessageWriter } from '../../packages/netlink/src/wire/message-writer.ts';
import { bytesOfIp, whyNoStrace } from './netlink-ip-bytes.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces() ?? whyNoStrace();
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(reason);
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

/** The links that are there before: net1 is the parent of all that have one. */
const parentIndex = 3;

const cases: readonly (readonly [ip: string, ours: NewLink])[] = [
  ['name a type dummy', { kind: 'dummy', name: 'a' }],
  ['name a mtu 1400 type ifb', { kind: 'ifb', name: 'a', mtu: 1400 }],
  ['name a txqueuelen 7 type dummy', { kind: 'dummy', name: 'a', txQueueLength: 7 }],
  [
    'name a numtxqueues 4 numrxqueues 2 type dummy',
    { kind: 'dummy', name: 'a', txQueues: 4, rxQueues: 2 },
  ],
  ['link net1 name a type vlan id 7', { kind: 'vlan', name: 'a', parentIndex, id: 7 }],
  [
    'link net1 name a type vlan protocol 802.1ad id 4094',
    { kind: 'vlan', name: 'a', parentIndex, id: 4094, protocol: '802.1ad' },
  ],
  ...(['private', 'vepa', 'bridge', 'passthru'] as const).flatMap((mode) =>
    (['macvlan', 'macvtap'] as const).map(
      (kind) =>
        [
          `link net1 name a type ${kind} mode ${mode}`,
          { kind, name: 'a', parentIndex, mode },
        ] as const,
    ),
  ),
  ...(['l2', 'l3', 'l3s'] as const).flatMap((mode) =>
    (['private', 'vepa', 'bridge'] as const).map(
      (flags) =>
        [
          `link net1 name a type ipvlan mode ${mode} ${flags}`,
          { kind: 'ipvlan', name: 'a', parentIndex, mode, flags },
        ] as const,
    ),
  ),
  ['name a type vrf table 1000', { kind: 'vrf', name: 'a', table: 1000 }],
  ['name a type bridge', { kind: 'bridge', name: 'a' }],
  [
    'name a type bridge forward_delay 400 hello_time 200 ageing_time 6000 stp_state 1 vlan_filtering 1 mcast_snooping 0',
    {
      kind: 'bridge',
      name: 'a',
      forwardDelayCs: 400,
      helloTimeCs: 200,
      ageingTimeCs: 6000,
      stp: true,
      vlanFiltering: true,
      multicastSnooping: false,
    },
  ],
  [
    'name a type vxlan id 16777215 remote 192.0.2.1 local 192.0.2.2 dev net1 ttl 64 learning ageing 300 dstport 4789',
    {
      kind: 'vxlan',
      name: 'a',
      id: 16_777_215,
      remote: '192.0.2.1',
      local: '192.0.2.2',
      parentIndex,
      ttl: 64,
      learning: true,
      ageing: 300,
    },
  ],
  [
    'name a type vxlan id 7 group ff02::7 dev net1 dstport 8472',
    { kind: 'vxlan', name: 'a', id: 7, remote: 'ff02::7', parentIndex, port: 8472, learning: true },
  ],
];

describe.skipIf(reason !== undefined)(`what ip sends for a new link, we send${needs}`, () => {
  it(`${String(cases.length)} links of every kind`, async () => {
    using netns = createNetworkNamespace();
    using netlink = await openNetlink({ netns });
    await netlink.links.add({ kind: 'veth', name: 'net1', peer: { name: 'far1' } });
    expect((await netlink.links.get({ name: 'net1' }))?.index).toBe(parentIndex);
    const commands = cases.map(([words]) => `link add ${words}`);
    // what this kernel has no module for is sent, and refused
    const sent = bytesOfIp(netns, commands, [])
      .map((bytes) => takeApart(bytes, 16))
      .filter(({ type }) => type === rtm.newLink);
    expect(sent).toHaveLength(cases.length);
    const writer = new MessageWriter();
    for (const [index, [words, ours]] of cases.entries()) {
      expect(sorted(takeApart(encodeAddLink(writer, ours), 16)), words).toEqual(
        sorted(sent[index]),
      );
    }
  });
});

const changes: readonly (readonly [ip: string, ours: LinkChange])[] = [
  ['mtu 1400 txqueuelen 7', { mtu: 1400, txQueueLength: 7 }],
  ['gso_max_size 30000 gso_max_segs 20', { gsoMaxSize: 30_000, gsoMaxSegments: 20 }],
  ['gro_max_size 40000', { groMaxSize: 40_000 }],
  ['carrier off', { carrier: false }],
  ['protodown on', { protocolDown: true }],
  ['mode dormant', { linkMode: 'dormant' }],
  ['mode default', { linkMode: 'default' }],
  [
    'promisc on allmulticast off arp off',
    { promiscuous: true, allMulticast: false, addressResolution: false },
  ],
  ['alias wire group 7', { alias: 'wire', group: 7 }],
];

describe.skipIf(reason !== undefined)(
  `what ip sends for a link that changes, we send${needs}`,
  () => {
    it(`${String(changes.length)} changes`, async () => {
      using netns = createNetworkNamespace();
      using netlink = await openNetlink({ netns });
      await netlink.links.add({ kind: 'veth', name: 'net1', peer: { name: 'far1' } });
      const commands = changes.map(([words]) => `link set dev net1 ${words}`);
      // what a veth does not take is sent, and refused; ip says RTM_NEWLINK where RTM_SETLINK does
      const sent = bytesOfIp(netns, commands, [])
        .map((bytes) => takeApart(bytes, 16))
        .filter(({ type }) => type === rtm.newLink);
      expect(sent).toHaveLength(changes.length);
      const writer = new MessageWriter();
      for (const [index, [words, ours]] of changes.entries()) {
        const { header, attributes } = takeApart(
          encodeSetLink(writer, { index: parentIndex }, ours),
          16,
        );
        expect({ header, attributes }, words).toEqual({
          header: sent[index]?.header,
          attributes: sent[index]?.attributes,
        });
      }
    });
  },
);

const linkInfo = 18;

/** IFLA_LINKINFO holds the kind and an unordered list: attributes of 8 bytes and more, each at a multiple of 4. */
function sorted(message: ReturnType<typeof takeApart> | undefined): unknown {
  if (message === undefined) return undefined;
  const { [linkInfo]: info = '', ...attributes } = message.attributes;
  return { ...message, attributes, info: nested(info, 2) };
}

/** Attributes by type, nests as far down as said. */
function nested(hex: string, depth: number): unknown {
  const bytes = Buffer.from(hex, 'hex');
  const found: Record<number, unknown> = {};
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    const type = bytes.readUInt16LE(at + 2);
    const value = bytes.subarray(at + 4, at + length).toString('hex');
    // IFLA_INFO_DATA
    found[type] = type === 2 && depth > 1 ? nested(value, depth - 1) : value;
    at += Math.max(4, (length + 3) & ~3);
  }
  return found;
}
