import { createNetworkNamespace, NetlinkError, openNetlink } from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

/** Why this kernel makes no ipvlan; undefined when it does. */
async function whyNoIpvlan(): Promise<string | undefined> {
  if (reason !== undefined) return reason;
  using pair = await openPair();
  try {
    await pair.netlink.links.add({
      kind: 'ipvlan',
      name: 'probe',
      parentIndex: pair.net1.index,
      mode: 'l2',
    });
    return undefined;
  } catch (error) {
    if (NetlinkError.is(error) && error.code === 'EOPNOTSUPP') return error.message;
    throw error;
  }
}
const noIpvlan = await whyNoIpvlan();

describe.skipIf(reason !== undefined)(`links of the real kernel${needs}`, () => {
  it('a veth spans two namespaces, made in one request', async () => {
    using pair = await openPair();
    const far1 = await linkNamed(pair.far, 'far1');
    expect(pair.net1).toMatchObject({
      kind: 'veth',
      macAddress: '02:00:00:00:02:80',
      mtu: 1500,
      up: true,
      parentIndex: far1.index,
    });
    expect(pair.net1.parentNetnsId).toBeTypeOf('number');
    expect(far1).toMatchObject({ kind: 'veth', up: true, lowerUp: true });
    expect((await linkNamed(pair.netlink, 'net1')).lowerUp).toBe(true);
    expect((await pair.netlink.links.list()).map((link) => link.name)).toEqual(['lo', 'net1']);
    expect((await pair.netlink.links.get({ index: 1 }))?.name).toBe('lo');
  });

  it('a macvlan is made straight in another namespace', async () => {
    using pair = await openPair();
    using pod = createNetworkNamespace();
    await pair.netlink.links.add({
      kind: 'macvlan',
      name: 'net1',
      parentIndex: pair.net1.index,
      mode: 'bridge',
      macAddress: '02:00:00:00:03:01',
      netns: pod,
      up: true,
    });
    using inside = await openNetlink({ netns: pod });
    expect(await inside.links.get({ name: 'net1' })).toMatchObject({
      kind: 'macvlan',
      macAddress: '02:00:00:00:03:01',
      parentIndex: pair.net1.index,
      up: true,
    });
    expect(await pair.netlink.links.list()).toHaveLength(2);
  });

  it('a failing peer takes the whole pair with it', async () => {
    using pair = await openPair();
    const add = pair.netlink.links.add({
      kind: 'veth',
      name: 'net2',
      peer: { name: 'far1', netns: pair.there },
    });
    await expect(add).rejects.toMatchObject({ code: 'EEXIST', isExists: true });
    expect(await pair.netlink.links.get({ name: 'net2' })).toBe(undefined);
  });

  it.skipIf(noIpvlan !== undefined)(
    `an ipvlan is made straight in another namespace${noIpvlan === undefined ? '' : ` (skipped: ${noIpvlan})`}`,
    async () => {
      using pair = await openPair();
      using pod = createNetworkNamespace();
      await pair.netlink.links.add({
        kind: 'ipvlan',
        name: 'net1',
        parentIndex: pair.net1.index,
        mode: 'l2',
        netns: pod,
      });
      using inside = await openNetlink({ netns: pod });
      expect(await inside.links.get({ name: 'net1' })).toMatchObject({ kind: 'ipvlan' });
    },
  );

  it('a bridge takes members and lets them go', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    await links.add({ kind: 'bridge', name: 'br0', up: true });
    const bridge = await linkNamed(pair.netlink, 'br0');
    expect(bridge.kind).toBe('bridge');
    await links.set({ name: 'net1' }, { masterIndex: bridge.index });
    expect((await linkNamed(pair.netlink, 'net1')).masterIndex).toBe(bridge.index);
    await links.set({ index: pair.net1.index }, { masterIndex: 0 });
    expect((await linkNamed(pair.netlink, 'net1')).masterIndex).toBe(undefined);
  });

  it('a link is changed: name, MTU, MAC address, up and down', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    const change = { name: 'net9', mtu: 9001, macAddress: '02:00:00:00:09:09', up: false };
    await links.set({ name: 'net1' }, { up: false });
    await links.set({ name: 'net1' }, change);
    expect(await links.get({ index: pair.net1.index })).toMatchObject(change);
    await links.set({ name: 'net9' }, { up: true });
    expect((await linkNamed(pair.netlink, 'net9')).up).toBe(true);
  });

  it('a link moves to another namespace and is renamed on the way', async () => {
    using pair = await openPair();
    await pair.netlink.links.set({ name: 'net1' }, { netns: pair.there, name: 'moved' });
    expect(await pair.netlink.links.get({ name: 'net1' })).toBe(undefined);
    expect(await pair.far.links.get({ name: 'moved' })).toMatchObject({ kind: 'veth' });
  });

  it('removing takes both ends; what is not there is absent, and setting it ENODEV', async () => {
    using pair = await openPair();
    await pair.netlink.links.remove({ index: pair.net1.index });
    expect(await pair.far.links.get({ name: 'far1' })).toBe(undefined);
    const gone = { code: 'ENODEV', errno: 19, isNotFound: true, retry: 'never' };
    expect(await pair.netlink.links.remove({ name: 'net1' })).toBe('absent');
    await expect(pair.netlink.links.set({ name: 'net1' }, { up: true })).rejects.toMatchObject({
      ...gone,
      message: 'setting up of link net1: there is no such link in this network namespace (ENODEV)',
    });
    await expect(pair.netlink.links.set({ name: 'net1' }, { name: 'x' })).rejects.toMatchObject(
      gone,
    );
    expect(await pair.netlink.links.get({ name: 'net1' })).toBe(undefined);
  });

  it.each(['', 'sixteen-letters!', 'a b', 'a/b', '.', 'a:1'])(
    '"%s" is no link name',
    async (name) => {
      using pair = await openPair();
      await expect(pair.netlink.links.add({ kind: 'bridge', name })).rejects.toMatchObject({
        code: 'EINPUT',
      });
    },
  );

  it('removing a link leaves the event loop free', async () => {
    using pair = await openPair();
    // The first one loads code and starts the threads of the pool: that takes the loop's time, too.
    await pair.netlink.links.add({ kind: 'veth', name: 'first', peer: { name: 'other' } });
    await pair.netlink.links.remove({ name: 'first' });
    let turns = 0;
    let busy = true;
    const turn = (): void => {
      turns++;
      if (busy) setImmediate(turn);
    };
    setImmediate(turn);
    await pair.netlink.links.remove({ name: 'net1' });
    busy = false;
    // The kernel takes milliseconds for it; a loop that was blocked would have turned once or twice.
    expect(turns).toBeGreaterThan(20);
  });

  it('rp_filter, arp_announce, arp_ignore and forwarding, without /proc/sys', async () => {
    using pair = await openPair();
    const conf = '/proc/sys/net/ipv4/conf/net1';
    const read = (name: string): string => pair.here.readFile(`${conf}/${name}`).trim();
    const before = pair.net1.ipv4;
    expect(before).toMatchObject({ available: true, arpIgnore: 0, arpAnnounce: 0 });
    const ipv4 = { rpFilter: 2, arpAnnounce: 2, arpIgnore: 1, forwarding: true, proxyArp: true };
    await pair.netlink.links.set({ name: 'net1' }, { ipv4 });
    expect(
      ['rp_filter', 'arp_announce', 'arp_ignore', 'forwarding', 'proxy_arp'].map(read),
    ).toEqual(['2', '2', '1', '1', '1']);
    expect((await linkNamed(pair.netlink, 'net1')).ipv4).toEqual({ ...before, ...ipv4 });
    await pair.netlink.links.set({ name: 'net1' }, { ipv4: { proxyArp: false, rpFilter: 0 } });
    expect((await linkNamed(pair.netlink, 'net1')).ipv4).toEqual({
      ...before,
      ...ipv4,
      proxyArp: false,
      rpFilter: 0,
    });
  });

  it('every IPv4 setting is the one /proc/sys shows under its name', async () => {
    using pair = await openPair();
    const names = {
      acceptRedirects: 'accept_redirects',
      secureRedirects: 'secure_redirects',
      sendRedirects: 'send_redirects',
      acceptSourceRoute: 'accept_source_route',
      logMartians: 'log_martians',
      arpFilter: 'arp_filter',
      promoteSecondaries: 'promote_secondaries',
      arpAccept: 'arp_accept',
      arpNotify: 'arp_notify',
      acceptLocal: 'accept_local',
      srcValidMark: 'src_valid_mark',
      proxyArpPvlan: 'proxy_arp_pvlan',
      routeLocalnet: 'route_localnet',
      sharedMedia: 'shared_media',
      bootpRelay: 'bootp_relay',
      tag: 'tag',
      mediumId: 'medium_id',
      disableXfrm: 'disable_xfrm',
      disablePolicy: 'disable_policy',
      forceIgmpVersion: 'force_igmp_version',
      igmpv2ReportIntervalMs: 'igmpv2_unsolicited_report_interval',
      igmpv3ReportIntervalMs: 'igmpv3_unsolicited_report_interval',
      ignoreRoutesWithLinkDown: 'ignore_routes_with_linkdown',
      dropUnicastInL2Multicast: 'drop_unicast_in_l2_multicast',
      dropGratuitousArp: 'drop_gratuitous_arp',
      broadcastForwarding: 'bc_forwarding',
      arpEvictNoCarrier: 'arp_evict_nocarrier',
    } as const;
    for (const [ours, theirs] of Object.entries(names)) {
      const before = (await linkNamed(pair.netlink, 'net1')).ipv4[ours as keyof typeof names];
      const value = typeof before === 'number' ? before + 2 : !before;
      await pair.netlink.links.set({ name: 'net1' }, { ipv4: { [ours]: value } });
      const shown = pair.here.readFile(`/proc/sys/net/ipv4/conf/net1/${theirs}`).trim();
      expect([ours, shown]).toEqual([ours, String(Number(value))]);
      expect((await linkNamed(pair.netlink, 'net1')).ipv4).toMatchObject({ [ours]: value });
    }
  });
});
