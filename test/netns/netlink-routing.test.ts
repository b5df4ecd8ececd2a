import { describe, expect, it } from 'vitest';
import { openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`addresses of the real kernel${needs}`, () => {
  it('are added, listed, changed and removed', async () => {
    using pair = await openPair();
    const { addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    await addresses.add({
      linkIndex,
      address: '203.0.113.7/32',
      scope: 'link',
      noPrefixRoute: true,
    });
    const ours = { linkIndex, family: 'ipv4' } as const;
    expect(await addresses.list(ours)).toEqual([
      {
        ...ours,
        address: '203.0.113.7/32',
        scope: 'link',
        label: 'net1',
        noPrefixRoute: true,
        permanent: true,
      },
      { ...ours, address: '10.0.2.128/24', scope: 'global', label: 'net1', permanent: true },
    ]);
    await addresses.remove({ linkIndex, address: '203.0.113.7/32' });
    expect((await addresses.list(ours)).map(({ address }) => address)).toEqual(['10.0.2.128/24']);
    expect(await addresses.list({ linkIndex: 1, family: 'ipv4' })).toMatchObject([
      { address: '127.0.0.1/8', scope: 'host' },
    ]);
  });

  it('an address that is there is EEXIST, in the words of the kernel, unless it may be there', async () => {
    using pair = await openPair();
    const { addresses } = pair.netlink;
    const address = { linkIndex: pair.net1.index, address: '10.0.2.128/24' };
    await addresses.add(address);
    await expect(addresses.add(address)).rejects.toMatchObject({
      code: 'EEXIST',
      isExists: true,
      kernelText: 'ipv4: Address already assigned',
      message: `adding address 10.0.2.128/24 on link ${String(address.linkIndex)}: ipv4: Address already assigned (EEXIST)`,
    });
    await addresses.add({ ...address, protocol: 188 }, { exclusive: false });
    expect(await addresses.list({ family: 'ipv4', linkIndex: address.linkIndex })).toMatchObject([
      { address: '10.0.2.128/24', protocol: 188 },
    ]);
  });

  it('removing one that is not there finds it absent; adding to a link that is not there is ENODEV', async () => {
    using pair = await openPair();
    const address = { linkIndex: pair.net1.index, address: '10.9.9.9/32' };
    expect(await pair.netlink.addresses.remove(address)).toBe('absent');
    expect(await pair.netlink.addresses.remove({ ...address, linkIndex: 999 })).toBe('absent');
    const add = pair.netlink.addresses.add({ linkIndex: 999, address: '10.9.9.9/32' });
    await expect(add).rejects.toMatchObject({
      code: 'ENODEV',
      kernelText: 'ipv4: Device not found',
    });
  });

  it('IPv6 without duplicate detection is usable at once', async () => {
    using pair = await openPair();
    const linkIndex = pair.net1.index;
    const address = '2001:db8:2::80/64';
    await pair.netlink.addresses.add({ linkIndex, address, noDuplicateDetection: true });
    const [found] = (await pair.netlink.addresses.list({ linkIndex, family: 'ipv6' })).filter(
      (other) => other.scope === 'global',
    );
    expect(found).toEqual({
      family: 'ipv6',
      linkIndex,
      address,
      scope: 'global',
      noDuplicateDetection: true,
      permanent: true,
    });
    await pair.netlink.addresses.remove({ linkIndex, address });
  });

  it('a /32 with a peer elsewhere', async () => {
    using pair = await openPair();
    const linkIndex = pair.net1.index;
    const address = { linkIndex, address: '10.0.0.1/32', peer: '10.0.0.9/32' };
    await pair.netlink.addresses.add(address);
    const list = (): Promise<unknown> => pair.netlink.addresses.list({ linkIndex, family: 'ipv4' });
    expect(await list()).toMatchObject([address]);
    await pair.netlink.addresses.remove(address);
    expect(await list()).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)(`routes of the real kernel${needs}`, () => {
  it('of every kind we make are listed as they were added', async () => {
    using pair = await openPair();
    const { routes, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    const table = 1000;
    const ours = { table, protocol: 188 };
    const added = [
      {
        ...ours,
        destination: '0.0.0.0/0',
        gateway: '169.254.1.1',
        linkIndex,
        onlink: true,
        mtu: 1500,
      },
      { ...ours, destination: '0.0.0.0/0', type: 'unreachable', metric: 4_278_198_272 },
      { ...ours, destination: '10.0.0.0/16', gateway: '10.0.2.1', linkIndex },
      { ...ours, destination: '10.0.2.0/24', linkIndex, scope: 'link' },
      { ...ours, destination: '192.0.2.0/24', type: 'blackhole' },
      {
        ...ours,
        destination: '192.0.2.7/32',
        linkIndex,
        preferredSource: '10.0.2.128',
        scope: 'link',
      },
      { ...ours, destination: '198.51.100.0/24', type: 'prohibit' },
      { ...ours, destination: '203.0.113.0/24', type: 'throw' },
    ] as const;
    for (const route of added) await routes.add(route);
    expect(await routes.list({ table })).toEqual(
      added.map((route) => ({
        family: 'ipv4',
        type: 'unicast',
        scope: 'global',
        flags: 'onlink' in route ? ['onlink'] : [],
        ...route,
      })),
    );
    for (const route of added) await routes.remove(route);
    expect(await routes.list({ table })).toEqual([]);
  });

  it('a multipath route keeps its next hops and weights', async () => {
    using pair = await openPair();
    const linkIndex = pair.net1.index;
    await pair.netlink.addresses.add({ linkIndex, address: '10.0.2.128/24' });
    const nextHops = [
      { gateway: '10.0.2.1', linkIndex, weight: 2, flags: [] },
      { gateway: '10.0.2.2', linkIndex, weight: 1, flags: [] },
    ];
    await pair.netlink.routes.add({ destination: '198.51.100.0/24', table: 200, nextHops });
    expect(await pair.netlink.routes.list({ table: 200 })).toMatchObject([{ nextHops }]);
  });

  it('IPv6 routes too', async () => {
    using pair = await openPair();
    const route = {
      destination: '2001:db8:9::/48',
      gateway: 'fe80::1',
      linkIndex: pair.net1.index,
      table: 200,
    };
    await pair.netlink.routes.add(route);
    expect(await pair.netlink.routes.list({ table: 200 })).toMatchObject([
      { ...route, family: 'ipv6', metric: 1024 },
    ]);
    await pair.netlink.routes.remove({ destination: route.destination, table: 200 });
    expect(await pair.netlink.routes.list({ table: 200, family: 'ipv6' })).toEqual([]);
  });

  it('replace changes what add refuses; a missing one is ESRCH; a missing table is empty', async () => {
    using pair = await openPair();
    const { routes } = pair.netlink;
    const route = { destination: '10.7.0.0/16', table: 200, linkIndex: pair.net1.index };
    await routes.add(route);
    await expect(routes.add(route)).rejects.toMatchObject({ code: 'EEXIST' });
    await routes.replace({ ...route, protocol: 99 });
    expect(await routes.list({ table: 200 })).toMatchObject([{ ...route, protocol: 99 }]);
    expect(await routes.remove({ ...route, protocol: 98 })).toBe('absent');
    expect(await routes.remove(route)).toBe('removed');
    expect(await routes.remove(route)).toBe('absent');
    await expect(routes.change(route)).rejects.toMatchObject({
      code: 'ENOENT',
      isNotFound: true,
      message: 'changing route 10.7.0.0/16 in table 200: there is no such object (ENOENT)',
    });
    expect(await routes.list({ table: 4711 })).toEqual([]);
  });

  it('a gateway that nobody reaches is refused in the words of the kernel', async () => {
    using pair = await openPair();
    const add = pair.netlink.routes.add({ destination: '9.9.9.9/32', gateway: '7.7.7.7' });
    await expect(add).rejects.toMatchObject({
      code: 'ENETUNREACH',
      kernelText: 'Nexthop has invalid gateway',
    });
  });

  it('link down empties its tables without a word; the unreachable route stays', async () => {
    using pair = await openPair();
    const { routes, links } = pair.netlink;
    const linkIndex = pair.net1.index;
    await routes.add({ destination: '10.7.0.0/16', table: 200, linkIndex });
    await routes.add({ destination: '0.0.0.0/0', table: 200, type: 'unreachable', metric: 9 });
    await links.set({ index: linkIndex }, { up: false });
    await links.set({ index: linkIndex }, { up: true });
    expect(await routes.list({ table: 200 })).toMatchObject([{ type: 'unreachable' }]);
  });

  it('lookups answer as the kernel would send, and fail as it would', async () => {
    using pair = await openPair();
    const { routes, rules, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    await addresses.add({ linkIndex, address: '10.0.2.128/24' });
    await expect(routes.lookup({ to: '8.8.8.8' })).rejects.toMatchObject({ code: 'ENETUNREACH' });
    await rules.add({ priority: 100, from: '10.0.2.128/32', table: 200 });
    await rules.add({ priority: 101, mark: 7, table: 201 });
    await routes.add({ destination: '0.0.0.0/0', gateway: '10.0.2.1', linkIndex, table: 200 });
    await routes.add({ destination: '0.0.0.0/0', type: 'unreachable', table: 201 });
    expect(await routes.lookup({ to: '8.8.8.8', from: '10.0.2.128' })).toMatchObject({
      destination: '8.8.8.8/32',
      gateway: '10.0.2.1',
      linkIndex,
      table: 200,
      type: 'unicast',
    });
    expect(await routes.lookup({ to: '10.0.2.1' })).toMatchObject({
      preferredSource: '10.0.2.128',
      table: 254,
    });
    await expect(routes.lookup({ to: '8.8.8.8', mark: 7 })).rejects.toMatchObject({
      code: 'EHOSTUNREACH',
    });
    const forwarded = { to: '10.0.2.1', from: '10.0.2.77', inputLinkIndex: linkIndex };
    await pair.netlink.links.set({ index: linkIndex }, { ipv4: { forwarding: true, rpFilter: 0 } });
    expect(await routes.lookup(forwarded)).toMatchObject({ linkIndex });
  });

  it('lookups of IPv6 answer too, with their table', async () => {
    using pair = await openPair();
    const { routes, rules, addresses } = pair.netlink;
    const linkIndex = pair.net1.index;
    const from = '2001:db8:0:202::50';
    await addresses.add({ linkIndex, address: `${from}/128`, noDuplicateDetection: true });
    await rules.add({ priority: 100, from: `${from}/128`, table: 200 });
    await routes.add({ destination: '::/0', gateway: 'fe80::1', linkIndex, table: 200 });
    expect(await routes.lookup({ to: '2001:db8:ffff::50', from })).toMatchObject({
      gateway: 'fe80::1',
      linkIndex,
      table: 200,
    });
    await routes.remove({ destination: '::/0', table: 200 });
    await routes.add({ destination: '::/0', type: 'unreachable', table: 200 });
    await expect(routes.lookup({ to: '2001:db8:ffff::50', from })).rejects.toMatchObject({
      code: 'EHOSTUNREACH',
    });
  });
});

describe.skipIf(reason !== undefined)(`rules of the real kernel${needs}`, () => {
  it('are listed as they were added, and removed one by one', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const added = [
      { priority: 100, from: '10.0.2.128/32', table: 200, protocol: 188 },
      {
        priority: 101,
        to: '10.9.0.0/16',
        table: 1000,
        protocol: 188,
        ipProtocol: 17,
        sourcePorts: { first: 5060, last: 5060 },
        destinationPorts: { first: 16_384, last: 32_767 },
        mark: 16,
        markMask: 255,
        inputLinkName: 'net1',
      },
      { priority: 102, outputLinkName: 'net1', table: 200, protocol: 4, invert: true },
      { priority: 103, action: 'unreachable', protocol: 188, uidRange: { first: 0, last: 0 } },
      { priority: 104, table: 254, suppressPrefixLength: 0, protocol: 188 },
      { priority: 105, action: 'goto', goto: 32_766, protocol: 188 },
      // The kernel tells no mark of 0, and without a mask takes one for no mark at all.
      { priority: 106, table: 200, protocol: 188, mark: 0 },
      { priority: 107, table: 200, protocol: 188, mark: 0, markMask: 255 },
    ] as const;
    for (const rule of added) await rules.add(rule);
    const listed = (await rules.list({ family: 'ipv4' })).filter(
      ({ priority }) => priority >= 100 && priority < 200,
    );
    expect(listed).toEqual(
      added.map((rule) => {
        const plain = { family: 'ipv4', action: 'table', table: 0, ...rule };
        // Kernels since 6.15 tell a port mask too, which is kept as it came.
        const { unknownAttributes } =
          listed.find(({ priority }) => priority === rule.priority) ?? {};
        return unknownAttributes === undefined ? plain : { ...plain, unknownAttributes };
      }),
    );
    for (const rule of added) await rules.remove(rule);
    expect(await rules.list({ family: 'ipv4' })).toHaveLength(3);
  });

  it('the same rule twice is EEXIST; with another table or protocol it is another rule', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const rule = { priority: 100, from: '10.0.2.128/32', table: 200, protocol: 188 };
    await rules.add(rule);
    await expect(rules.add(rule)).rejects.toMatchObject({
      code: 'EEXIST',
      message:
        'adding rule 100 from 10.0.2.128/32 table 200 protocol 188: it exists already (EEXIST)',
    });
    await rules.add({ ...rule, table: 201 });
    await rules.add({ ...rule, protocol: 189 });
    expect(await rules.remove({ ...rule, protocol: 190 })).toBe('absent');
    expect(await rules.remove(rule)).toBe('removed');
    const left = (await rules.list()).filter(({ priority }) => priority === 100);
    expect(left.map(({ table, protocol }) => [table, protocol])).toEqual([
      [201, 188],
      [200, 189],
    ]);
  });

  it('IPv6 rules are kept apart', async () => {
    using pair = await openPair();
    const rule = { priority: 100, from: '2001:db8::80/128', table: 200 };
    await pair.netlink.rules.add(rule);
    expect(await pair.netlink.rules.list({ family: 'ipv6' })).toMatchObject([
      { priority: 0 },
      rule,
      {},
    ]);
    expect(await pair.netlink.rules.list({ family: 'ipv4' })).toHaveLength(3);
  });
});

describe.skipIf(reason !== undefined)(`neighbours of the real kernel${needs}`, () => {
  it('are replaced, listed and removed; proxies apart', async () => {
    using pair = await openPair();
    const { neighbours } = pair.netlink;
    const linkIndex = pair.net1.index;
    const entry = { linkIndex, address: '10.0.2.9', macAddress: '02:00:00:00:02:09' };
    await neighbours.replace(entry);
    await neighbours.replace({ ...entry, macAddress: '02:00:00:00:02:0a', state: 'reachable' });
    expect(await neighbours.list({ linkIndex, family: 'ipv4' })).toEqual([
      { ...entry, family: 'ipv4', macAddress: '02:00:00:00:02:0a', state: 'reachable' },
    ]);
    await neighbours.replace({ linkIndex, address: '10.0.2.77', proxy: true });
    expect(await neighbours.list({ proxy: true, family: 'ipv4' })).toMatchObject([
      { address: '10.0.2.77', proxy: true, linkIndex },
    ]);
    await neighbours.remove({ linkIndex, address: '10.0.2.77', proxy: true });
    await neighbours.remove(entry);
    expect(await neighbours.list({ proxy: true, family: 'ipv4' })).toEqual([]);
    expect(await neighbours.remove({ linkIndex, address: '10.0.2.50' })).toBe('absent');
  });

  it('the timers of a table are set for one link', async () => {
    using pair = await openPair();
    const linkIndex = pair.net1.index;
    await pair.netlink.neighbourTables.set({ linkIndex, retransTimeMs: 240, proxyDelayMs: 0 });
    await pair.netlink.neighbourTables.set({ family: 'ipv6', linkIndex, retransTimeMs: 300 });
    const read = (name: string): string => pair.here.readFile(`/proc/sys/net/${name}`).trim();
    expect(read('ipv4/neigh/net1/retrans_time_ms')).toBe('240');
    expect(read('ipv4/neigh/net1/proxy_delay')).toBe('0');
    expect(read('ipv6/neigh/net1/retrans_time_ms')).toBe('300');
    await expect(
      pair.netlink.neighbourTables.set({ linkIndex: 999, proxyDelayMs: 0 }),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
