import { readdirSync, readlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import {
  createNetworkNamespace,
  openNetlink,
  type Netlink,
  type NetlinkEvent,
} from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { countOpenSockets } from './netlink-open-sockets.ts';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

/** Waits, event by event, until what was told satisfies the condition. */
function watching(
  netlink: Netlink,
  groups: Parameters<Netlink['watch']>[0],
): {
  readonly events: NetlinkEvent[];
  until(condition: (event: NetlinkEvent) => boolean): Promise<NetlinkEvent>;
  close(): void;
} {
  const events: NetlinkEvent[] = [];
  let wake: (() => void) | undefined;
  const watch = netlink.watch(groups, (event) => {
    events.push(event);
    wake?.();
  });
  return {
    events,
    until: async (condition) => {
      for (;;) {
        const found = events.find((event) => condition(event));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => {
      watch.close();
    },
  };
}

describe.skipIf(reason !== undefined)(`many requests${needs}`, () => {
  it('a hundred at once all succeed, lists among them', async () => {
    using pair = await openPair();
    const { rules, links, routes } = pair.netlink;
    const lists = await Promise.all([
      ...Array.from({ length: 100 }, (_, index) =>
        rules.add({ priority: 1000 + index, from: '10.9.0.1/32', table: 200 }),
      ),
      links.list(),
      routes.list(),
      links.list(),
      links.add({ kind: 'bridge', name: 'br0' }),
    ]);
    expect((await rules.list({ family: 'ipv4' })).length).toBe(103);
    expect(lists[100]).toHaveLength(2);
    expect(await links.list()).toHaveLength(3);
  });

  it('fast ones go on beside a slow one on the same socket', async () => {
    using pair = await openPair();
    const { rules, links } = pair.netlink;
    const slow = links.remove({ name: 'net1' });
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => rules.add({ priority: 1000 + index, table: 200 })),
    );
    await slow;
    expect((await rules.list({ family: 'ipv4' })).length).toBe(303);
    expect(await links.get({ name: 'net1' })).toBe(undefined);
  });

  it('a failure among many is told to its own caller', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const results = await Promise.allSettled(
      [1, 2, 2, 3, 3, 4].map((priority) => rules.add({ priority, table: 200 })),
    );
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('ten thousand routes are listed whole', async () => {
    using pair = await openPair();
    const { routes } = pair.netlink;
    const add = (index: number): Promise<void> =>
      routes.add({
        destination: `10.${String(100 + Math.floor(index / 250))}.${String(index % 250)}.0/24`,
        type: 'blackhole',
        table: 200,
      });
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => add(index)));
    const [some, all] = await Promise.all([
      routes.list({ table: 200, family: 'ipv4' }),
      routes.list({ table: 200, family: 'ipv4' }),
    ]);
    expect(new Set(all.map(({ destination }) => destination)).size).toBe(10_000);
    expect(some).toEqual(all);
  });

  it('a long row of awaited requests lets timers through', async () => {
    using pair = await openPair();
    const fired: boolean[] = [];
    const timer = setTimeout(() => fired.push(true), 1);
    for (let index = 0; index < 20_000 && fired.length === 0; index++) {
      await pair.netlink.links.get({ name: 'net1' });
    }
    clearTimeout(timer);
    expect(fired).toEqual([true]);
  });

  it('closing in the middle rejects what is in flight, and everything after', async () => {
    using pair = await openPair();
    const slow = pair.netlink.links.remove({ name: 'net1' });
    pair.netlink.close();
    await expect(slow).rejects.toMatchObject({ code: 'ECLOSED' });
    await expect(pair.netlink.links.list()).rejects.toMatchObject({ code: 'ECLOSED' });
  });
});

describe.skipIf(reason !== undefined)(`watching${needs}`, () => {
  it('tells each change of the groups asked for', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    const linkIndex = pair.net1.index;
    const watch = watching(netlink, ['link', 'address', 'route', 'rule', 'neighbour']);
    const address = { linkIndex, address: '10.0.2.128/24' };
    const rule = { priority: 100, from: '10.0.2.128/32', table: 200 };
    const neighbour = { linkIndex, address: '10.0.2.9', macAddress: '02:00:00:00:02:09' };
    await netlink.addresses.add(address);
    await netlink.rules.add(rule);
    await netlink.routes.add({ destination: '10.7.0.0/16', table: 200, type: 'blackhole' });
    await netlink.neighbours.replace(neighbour);
    await netlink.rules.remove(rule);
    await netlink.links.set({ index: linkIndex }, { up: false });
    await watch.until((event) => event.kind === 'link' && !event.link.up);
    const told = [
      { kind: 'address', change: 'new', address },
      { kind: 'rule', change: 'new', rule },
      { kind: 'route', change: 'new', route: { destination: '10.7.0.0/16', type: 'blackhole' } },
      { kind: 'neighbour', change: 'new', neighbour },
      { kind: 'rule', change: 'removed', rule },
    ];
    for (const event of told) expect(watch.events).toContainEqual(matching(event));
    watch.close();
  });

  it('does not tell of groups not asked for, nor after it was closed', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const first = watching(pair.netlink, ['rule']);
    const second = watching(pair.netlink, ['rule']);
    await pair.netlink.links.set({ name: 'net1' }, { mtu: 1400 });
    await rules.add({ priority: 1, table: 200 });
    await first.until(({ kind }) => kind === 'rule');
    first.close();
    await rules.add({ priority: 2, table: 200 });
    await second.until((event) => event.kind === 'rule' && event.rule.priority === 2);
    expect(first.events).toHaveLength(1);
    expect(second.events.map(({ kind }) => kind)).toEqual(['rule', 'rule']);
    second.close();
  });

  it('a link that leaves its bridge is not told as removed', async () => {
    using pair = await openPair();
    const { links } = pair.netlink;
    await links.add({ kind: 'bridge', name: 'br0', up: true });
    const bridge = await linkNamed(pair.netlink, 'br0');
    const watch = watching(pair.netlink, ['link']);
    await links.set({ name: 'net1' }, { masterIndex: bridge.index });
    await links.set({ name: 'net1' }, { masterIndex: 0 });
    await links.remove({ name: 'br0' });
    await watch.until((event) => event.kind === 'link' && event.change === 'removed');
    const removed = watch.events.flatMap((event) =>
      event.kind === 'link' && event.change === 'removed' ? [event.link.name] : [],
    );
    expect(removed).toEqual(['br0']);
    watch.close();
  });

  it('says that events were lost, and goes on', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const watch = watching(pair.netlink, ['route', 'rule']);
    // The loop does not turn meanwhile: nobody reads the watch's socket.
    for (let index = 0; index < 30_000; index++) {
      const [high, low] = [Math.floor(index / 250), index % 250];
      const destination = `10.${String(high)}.${String(low)}.0/24`;
      pair.netlink.sync.routes.add({ destination, type: 'blackhole', table: 200 });
    }
    await watch.until(({ kind }) => kind === 'overrun');
    await rules.add({ priority: 1, table: 200 });
    await watch.until(({ kind }) => kind === 'rule');
    expect(watch.events.length).toBeLessThan(30_000);
    watch.close();
  });

  it('ends with its netlink', async () => {
    using pair = await openPair();
    using second = await openNetlink({ netns: pair.here });
    const watch = watching(second, ['rule']);
    second.close();
    const control = watching(pair.netlink, ['rule']);
    await pair.netlink.rules.add({ priority: 1, table: 200 });
    await control.until(({ kind }) => kind === 'rule');
    expect(watch.events).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)(`what is left behind${needs}`, () => {
  it('a thousand opened and closed leave no descriptor', async () => {
    using netns = createNetworkNamespace();
    const once = async (watch: boolean): Promise<void> => {
      using netlink = await openNetlink({ netns });
      if (watch) netlink.watch(['link'], () => undefined);
      await netlink.links.get({ index: 1 });
    };
    const before = await countOpenSockets();
    for (let index = 0; index < 1000; index++) await once(index % 10 === 0);
    for (let index = 0; index < 200; index++) createNetworkNamespace().close();
    expect(await countOpenSockets()).toBe(before);
  });

  it('a namespace that fails to open leaves no descriptor', async () => {
    const before = await countOpenSockets();
    await expect(openNetlink({ netns: '/run/netns/there-is-none' })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(openNetlink({ netns: '/proc/self/ns/uts' })).rejects.toMatchObject({
      code: 'EINVAL',
    });
    await expect(openNetlink({ netns: 9999 })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await countOpenSockets()).toBe(before);
  });

  it('the namespace of this process is what it was', async () => {
    const before = new Set(namespaces());
    using pair = await openPair();
    pair.here.readFile('/proc/net/route');
    await pair.netlink.links.remove({ name: 'net1' });
    expect(new Set(namespaces())).toEqual(before);
    expect(before.size).toBe(1);
  });

  it('a worker thread works alike, and when terminated closes what it had open', async () => {
    const before = await countOpenSockets();
    const worker = new Worker(new URL('netlink-worker.ts', import.meta.url), {
      execArgv: ['--conditions=truetuple-source'],
    });
    const told = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    expect(told).toEqual({ rules: 104, event: 'rule' });
    expect(await countOpenSockets()).toBeGreaterThan(before);
    await worker.terminate();
    expect(await countOpenSockets()).toBe(before);
  });
});

/** The network namespaces of this process's threads. */
function namespaces(): string[] {
  return readdirSync('/proc/self/task').map((task) =>
    readlinkSync(`/proc/self/task/${task}/ns/net`),
  );
}

/** `expect.objectContaining` for nested objects. */
function matching(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, matching(inner)]);
  return expect.objectContaining(Object.fromEntries(entries) as Record<string, unknown>) as unknown;
}
