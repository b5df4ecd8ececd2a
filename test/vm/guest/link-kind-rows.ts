import assert from 'node:assert/strict';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import type { Link, LinkDetails, NewLink, VxlanOptions } from '@truetuple/netlink';
import type { GuestRow } from './row.ts';

/** A link to be made over `eth1`, and what the kernel has to tell of it afterwards. */
interface KindRow {
  readonly id: string;
  readonly title: string;
  readonly make: (parentIndex: number) => NewLink;
  readonly told: (parentIndex: number) => Partial<Link>;
}

const macAddress = '02:00:00:00:00:77';
const mtu = 1400;
const host = { remote: '192.0.2.7', local: '192.0.2.1', ttl: 9, learning: false, ageing: 60 };

const kinds: readonly KindRow[] = [
  {
    id: 'L1',
    title: 'dummy',
    make: () => ({ kind: 'dummy', name: 'made', macAddress, mtu, txQueueLength: 50 }),
    told: () => ({ macAddress, mtu, txQueueLength: 50 }),
  },
  {
    id: 'L2',
    title: 'ifb',
    make: () => ({ kind: 'ifb', name: 'made', macAddress, mtu }),
    told: () => ({ macAddress, mtu }),
  },
  {
    id: 'L3',
    title: 'a VLAN by 802.1Q',
    make: (parentIndex) => ({ kind: 'vlan', name: 'made', macAddress, mtu, parentIndex, id: 42 }),
    told: (parentIndex) => ({
      macAddress,
      mtu,
      parentIndex,
      details: { kind: 'vlan', id: 42, protocol: '802.1Q' },
    }),
  },
  {
    id: 'L4',
    title: 'a VLAN by 802.1ad',
    make: (parentIndex) => ({
      kind: 'vlan',
      name: 'made',
      parentIndex,
      id: 4094,
      protocol: '802.1ad',
    }),
    told: () => ({ details: { kind: 'vlan', id: 4094, protocol: '802.1ad' } }),
  },
  {
    id: 'L5',
    title: 'a VXLAN to one host',
    make: (parentIndex) => vxlan({ id: 77, parentIndex, ...host }),
    told: (parentIndex) => ({
      details: vxlanDetails({ id: 77, parentIndex, port: 4789, ...host }),
    }),
  },
  {
    id: 'L6',
    title: 'a VXLAN to a group, over IPv6, on the old port',
    make: (parentIndex) => vxlan({ id: 16_777_215, parentIndex, remote: 'ff05::100', port: 8472 }),
    told: (parentIndex) => ({
      details: vxlanDetails({ id: 16_777_215, parentIndex, remote: 'ff05::100', port: 8472 }),
    }),
  },
  {
    id: 'L7',
    title: 'an ipvlan in l3 mode, private',
    make: (parentIndex) => ({
      kind: 'ipvlan',
      name: 'made',
      parentIndex,
      mode: 'l3',
      flags: 'private',
    }),
    told: (parentIndex) => ({
      parentIndex,
      details: { kind: 'ipvlan', mode: 'l3', flags: 'private' },
    }),
  },
  {
    id: 'L8',
    title: 'an ipvlan in l3s mode',
    make: (parentIndex) => ({ kind: 'ipvlan', name: 'made', parentIndex, mode: 'l3s' }),
    told: () => ({ details: { kind: 'ipvlan', mode: 'l3s', flags: 'bridge' } }),
  },
  {
    id: 'L9',
    title: 'a VRF with its table',
    make: () => ({ kind: 'vrf', name: 'made', table: 4242 }),
    told: () => ({ details: { kind: 'vrf', table: 4242 } }),
  },
  {
    id: 'L10',
    title: 'a macvtap',
    make: (parentIndex) => ({ kind: 'macvtap', name: 'made', parentIndex, mode: 'bridge' }),
    told: (parentIndex) => ({ parentIndex, details: { kind: 'macvtap', mode: 'bridge' } }),
  },
];

function vxlan(options: VxlanOptions): NewLink {
  return Object.assign({ kind: 'vxlan', name: 'made' } as const, options);
}

function vxlanDetails(options: VxlanOptions): LinkDetails {
  return Object.assign({ kind: 'vxlan' } as const, options);
}

/** Kinds of link whose modules a test machine often lacks: made, told as they were made, removed. */
export const linkKindRows: readonly GuestRow[] = kinds.map(({ id, title, make, told }) => ({
  id,
  title: `a link is made, told as it was made, and removed: ${title}`,
  run: async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    await netlink.links.add({ kind: 'veth', name: 'eth1', up: true, peer: { name: 'far1' } });
    const parent = await netlink.links.get({ name: 'eth1' });
    assert.ok(parent);
    const link = make(parent.index);
    await netlink.links.add(link);
    const made = await netlink.links.get({ name: 'made' });
    assert.equal(made?.kind, link.kind);
    assert.partialDeepStrictEqual(made, told(parent.index));
    assert.equal(await netlink.links.ensure(link), 'unchanged');
    assert.equal(await netlink.links.remove({ name: 'made' }), 'removed');
    assert.equal(await netlink.links.get({ name: 'made' }), undefined);
  },
}));
