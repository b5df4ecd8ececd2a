import { describe, expect, it } from 'vitest';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`ensure on the real kernel${needs}`, () => {
  it('a rule: created, unchanged, replaced when it leads elsewhere, and copies go', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const rule = { priority: 100, from: '10.0.2.128/32', table: 200, protocol: 188 };
    expect(await rules.ensure(rule)).toBe('created');
    expect(await rules.ensure(rule)).toBe('unchanged');
    expect(await rules.ensure({ ...rule, from: '10.0.2.128' })).toBe('unchanged');
    expect(await rules.ensure({ ...rule, table: 201 })).toBe('replaced');
    await rules.add({ ...rule, table: 202 });
    await rules.add({ ...rule, table: 201, protocol: 189 });
    await rules.add({ ...rule, from: '10.0.2.129/32' });
    expect(await rules.ensure({ ...rule, table: 201 })).toBe('replaced');
    const left = (await rules.list()).filter(({ priority }) => priority === 100);
    expect(left.map(({ from, table, protocol }) => [from, table, protocol])).toEqual([
      ['10.0.2.128/32', 201, 188],
      ['10.0.2.129/32', 200, 188],
    ]);
    await expect(rules.ensure({ from: '10.0.2.1' })).rejects.toMatchObject({ code: 'EINPUT' });
  });

  it('rules with every selector are found again, IPv4 and IPv6', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const all = {
      priority: 7,
      inputLinkName: 'net1',
      ipProtocol: 17,
      sourcePorts: { first: 5060, last: 5061 },
      destinationPorts: { first: 16_384, last: 32_767 },
      mark: 0x10,
      markMask: 0xf0,
      invert: true,
      uidRange: { first: 0, last: 0 }, // an ordinary user's own namespace has no other
      table: 70_000,
    };
    for (const to of ['198.51.100.0/24', '2001:db8::/32']) {
      expect(await rules.ensure({ ...all, to })).toBe('created');
      expect(await rules.ensure({ ...all, to })).toBe('unchanged');
      expect(await rules.ensure({ ...all, to, mark: 0x20 })).toBe('created');
      expect(await rules.ensure({ ...all, to, suppressPrefixLength: 0 })).toBe('replaced');
    }
  });

  it('a route: created, unchanged, replaced', async () => {
    using pair = await openPair();
    const { routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    const route = {
      destination: '0.0.0.0/0',
      gateway: '10.0.2.1',
      linkIndex,
      table: 200,
      onlink: true,
      mtu: 1500,
      metrics: { advertisedMss: 1400, locked: ['mtu'] },
    } as const;
    expect(await routes.ensure(route)).toBe('created');
    expect(await routes.ensure(route)).toBe('unchanged');
    expect(await routes.ensure({ ...route, mtu: 1400 })).toBe('replaced');
    expect(await routes.ensure({ ...route, mtu: 1400, protocol: 188 })).toBe('replaced');
    expect(await routes.ensure({ ...route, mtu: 1400, protocol: 188 })).toBe('unchanged');
    expect(
      await routes.ensure({ destination: '0.0.0.0/0', table: 200, type: 'unreachable', metric: 9 }),
    ).toBe('created');
    expect(
      await routes.ensure({ destination: '0.0.0.0/0', table: 200, type: 'prohibit', metric: 9 }),
    ).toBe('replaced');
    expect(await routes.list({ table: 200 })).toHaveLength(2);
  });

  it('a route has nothing left of the one that it replaces', async () => {
    using pair = await openPair();
    const { routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    const four = { destination: '192.0.2.0/24', linkIndex, table: 200 };
    const six = { destination: '2001:db8:1::/48', linkIndex, table: 200 };
    const left = [
      { ...four, preferredSource: '10.0.2.128' },
      { ...four, metrics: { advertisedMss: 1400 } },
      { ...four, metrics: { advertisedMss: 1400, initialCongestionWindow: 10 } },
      { ...four, mtu: 1400, metrics: { locked: ['mtu'] } },
      { ...six, preference: 'high' },
      { ...six, expiresSeconds: 600 },
    ] as const;
    for (const standing of left) {
      const plain = standing.destination === four.destination ? four : six;
      const what = JSON.stringify(standing);
      await routes.ensure(standing);
      expect(await routes.ensure(plain), what).toBe('replaced');
      expect(await routes.ensure(plain), what).toBe('unchanged');
    }
    const few = { ...four, metrics: { advertisedMss: 1400 } };
    await routes.ensure({ ...few, metrics: { ...few.metrics, initialCongestionWindow: 10 } });
    expect(await routes.ensure(few)).toBe('replaced');
    const [found] = await routes.list({ table: 200, family: 'ipv4' });
    expect(found?.metrics).toEqual({ advertisedMss: 1400 });
  });

  it('a route is found again however its addresses and metrics are written', async () => {
    using pair = await openPair();
    const { routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '2001:db8::5/64', noDuplicateDetection: true });
    const route = {
      destination: '2001:DB8:1:0::/48',
      gateway: 'FE80:0::1',
      preferredSource: '2001:0DB8::5',
      preference: 'medium',
      linkIndex,
      table: 200,
      mtu: 1400,
      metrics: {
        initialCongestionWindow: 10,
        advertisedMss: 1300,
        locked: ['advertisedMss', 'mtu'],
      },
    } as const;
    expect(await routes.ensure(route)).toBe('created');
    expect(await routes.ensure(route)).toBe('unchanged');
  });

  it('an IPv6 route is found again, whatever metric the kernel gives it', async () => {
    using pair = await openPair();
    const { routes } = pair.netlink;
    const route = { destination: '2001:db8:1::/48', linkIndex: pair.net1.index, table: 300 };
    expect(await routes.ensure(route)).toBe('created');
    expect(await routes.ensure(route)).toBe('unchanged');
    expect(await routes.ensure({ ...route, mtu: 1280 })).toBe('replaced');
    expect(await routes.list({ table: 300, family: 'ipv6' })).toMatchObject([{ mtu: 1280 }]);
  });

  it('a route by several ways', async () => {
    using pair = await openPair();
    const { routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    const nextHops = [
      { gateway: '10.0.2.1', linkIndex, weight: 3 },
      { gateway: 'fe80::1', linkIndex },
    ];
    const route = { destination: '192.0.2.0/24', table: 200, nextHops };
    expect(await routes.ensure(route)).toBe('created');
    expect(await routes.ensure(route)).toBe('unchanged');
    expect(await routes.list({ table: 200 })).toMatchObject([
      {
        nextHops: [
          { gateway: '10.0.2.1', weight: 3 },
          { gateway: 'fe80::1', weight: 1 },
        ],
      },
    ]);
    expect(await routes.ensure({ ...route, nextHops: nextHops.slice(0, 1) })).toBe('replaced');
  });

  it('an address: created, unchanged, changed in place or made anew', async () => {
    using pair = await openPair();
    const { addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    const address = { linkIndex, address: '203.0.113.50/32', scope: 'link' } as const;
    expect(await addresses.ensure(address)).toBe('created');
    expect(await addresses.ensure(address)).toBe('unchanged');
    expect(await addresses.ensure({ ...address, scope: 'host' })).toBe('replaced');
    expect(await addresses.ensure({ ...address, scope: 'host', protocol: 188 })).toBe('replaced');
    expect(
      await addresses.ensure({
        ...address,
        scope: 'host',
        protocol: 188,
        validSeconds: 600,
        preferredSeconds: 300,
      }),
    ).toBe('replaced');
    const [found] = await addresses.list({ linkIndex, family: 'ipv4' });
    expect(found).toMatchObject({
      scope: 'host',
      protocol: 188,
      validSeconds: 600,
      preferredSeconds: 300,
    });
    const six = { linkIndex, address: '2001:DB8::5/64', noDuplicateDetection: true };
    expect(await addresses.ensure(six)).toBe('created');
    expect(await addresses.ensure(six)).toBe('unchanged');
  });

  it('a neighbour', async () => {
    using pair = await openPair();
    const { neighbours } = pair.netlink;
    const entry = {
      linkIndex: pair.net1.index,
      address: '10.0.2.1',
      macAddress: '02:00:00:00:02:01',
    };
    expect(await neighbours.ensure(entry)).toBe('created');
    expect(await neighbours.ensure(entry)).toBe('unchanged');
    expect(await neighbours.ensure({ ...entry, macAddress: '02:00:00:00:02:02' })).toBe('replaced');
    await expect(neighbours.add(entry)).rejects.toMatchObject({ isExists: true });
    expect(
      await neighbours.ensure({ linkIndex: pair.net1.index, address: '10.0.2.9', proxy: true }),
    ).toBe('created');
    expect(
      await neighbours.ensure({ linkIndex: pair.net1.index, address: '10.0.2.9', proxy: true }),
    ).toBe('unchanged');
  });

  it('a link: brought to what is wanted, but never made another', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    const parentIndex = pair.net1.index;
    const link = { kind: 'macvlan', name: 'mv0', parentIndex, mode: 'bridge', mtu: 1400 } as const;
    expect(await links.ensure(link)).toBe('created');
    expect(await links.ensure(link)).toBe('unchanged');
    expect(await links.ensure({ ...link, mtu: 1300, up: true })).toBe('replaced');
    expect(await links.get({ name: 'mv0' })).toMatchObject({ mtu: 1300, up: true });
    await expect(links.ensure({ ...link, mode: 'private' })).rejects.toMatchObject({
      isExists: true,
    });
    await expect(links.ensure({ kind: 'bridge', name: 'mv0' })).rejects.toMatchObject({
      isExists: true,
    });
  });

  it('a link has further names, by which it is found; and counts what went over it', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    const altName = `a-name-of-more-than-fifteen-characters-${'x'.repeat(80)}`;
    await links.addAltNames({ name: 'net1' }, [altName, 'voice']);
    expect((await links.get({ altName }))?.name).toBe('net1');
    expect((await linkNamed(pair.netlink, 'net1')).altNames?.toSorted()).toEqual(
      [altName, 'voice'].toSorted(),
    );
    await links.removeAltNames({ altName: 'voice' }, [altName]);
    expect((await linkNamed(pair.netlink, 'net1')).altNames).toEqual(['voice']);
    await links.set({ name: 'net1' }, { alias: 'to the carrier', txQueueLength: 500, group: 7 });
    expect(await links.get({ name: 'net1' })).toMatchObject({
      alias: 'to the carrier',
      txQueueLength: 500,
      group: 7,
      statistics: { receiveErrors: 0 },
    });
    await links.set({ name: 'net1' }, { promiscuous: true, addressResolution: false });
    expect((await linkNamed(pair.netlink, 'net1')).flags).toEqual(
      expect.arrayContaining(['promiscuous', 'noArp']),
    );
    await links.set({ name: 'net1' }, { ipv6: { addressGeneration: 'none' } });
    expect((await linkNamed(pair.netlink, 'net1')).ipv6).toMatchObject({
      addressGeneration: 'none',
    });
  });

  it('links are filtered by kind and master in the kernel', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    await links.add({
      kind: 'bridge',
      name: 'br0',
      stp: true,
      ageingTimeCs: 6000,
    });
    const bridge = await linkNamed(pair.netlink, 'br0');
    expect(bridge.details).toMatchObject({
      kind: 'bridge',
      stp: true,
      ageingTimeCs: 6000,
    });
    await links.set({ name: 'net1' }, { masterIndex: bridge.index });
    const names = async (filter: Parameters<typeof links.list>[0]): Promise<string[]> =>
      (await links.list(filter)).map(({ name }) => name);
    expect(await names({ kind: 'bridge' })).toEqual(['br0']);
    expect(await names({ masterIndex: bridge.index })).toEqual(['net1']);
    expect(await names({ kind: 'veth' })).toEqual(['net1']);
  });

  it('nexthop objects carry routes, alone and in groups', async () => {
    using pair = await openPair();
    const { nextHops, routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    await nextHops.add({ id: 1, target: { kind: 'gateway', gateway: '10.0.2.1', linkIndex } });
    await nextHops.add({
      id: 2,
      target: { kind: 'gateway', gateway: '10.0.2.2', linkIndex },
      protocol: 188,
    });
    await nextHops.add({ id: 3, target: { kind: 'blackhole' } });
    const members = [
      { id: 1, weight: 3 },
      { id: 2, weight: 1 },
    ];
    await nextHops.add({ id: 10, target: { kind: 'group', members } });
    await routes.add({ destination: '192.0.2.0/24', table: 200, nextHopId: 10 });
    expect(await routes.list({ table: 200 })).toMatchObject([{ nextHopId: 10 }]);
    expect(await routes.ensure({ destination: '192.0.2.0/24', table: 200, nextHopId: 10 })).toBe(
      'unchanged',
    );
    const list = await nextHops.list();
    expect(list.map(({ id, target }) => [id, target])).toEqual([
      [1, { kind: 'gateway', gateway: '10.0.2.1', linkIndex }],
      [2, { kind: 'gateway', gateway: '10.0.2.2', linkIndex }],
      [3, { kind: 'blackhole' }],
      [10, { kind: 'group', members }],
    ]);
    expect(list[1]).toMatchObject({ protocol: 188, family: 'ipv4' });
    await nextHops.replace({ id: 1, target: { kind: 'gateway', gateway: '10.0.2.9', linkIndex } });
    expect((await nextHops.list())[0]?.target).toMatchObject({ gateway: '10.0.2.9' });
    expect(await nextHops.remove(10)).toBe('removed');
    expect(await nextHops.remove(10)).toBe('absent');
    expect(await routes.list({ table: 200 })).toEqual([]);
  });

  it('forwarding settings are told for every link, for all and for new ones', async () => {
    using pair = await openPair();
    await pair.netlink.links.set({ name: 'net1' }, { ipv4: { rpFilter: 2, forwarding: true } });
    const list = await pair.netlink.netconfs.list({ family: 'ipv4' });
    expect(list.map(({ link }) => link)).toEqual(expect.arrayContaining(['all', 'default', 1]));
    expect(list.find(({ link }) => link === pair.net1.index)).toMatchObject({
      rpFilter: 2,
      forwarding: true,
    });
    const six = await pair.netlink.netconfs.list({ family: 'ipv6' });
    expect(six.find(({ link }) => link === pair.net1.index)).toMatchObject({ forwarding: false });
  });
});
