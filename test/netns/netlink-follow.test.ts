import type { FollowEvent } from '@truetuple/netlink';
import { describe, expect, it, vi } from 'vitest';
import { openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

/** "added 10.7.0.0/16" and the like, of events of one kind. */
function said(events: readonly FollowEvent[], kind: 'route' | 'address' | 'rule'): string[] {
  return events.flatMap((event) => {
    if (event.kind !== kind) return [];
    if (event.kind === 'route') return `${event.change} ${event.thing.destination}`;
    if (event.kind === 'address') return `${event.change} ${event.thing.address}`;
    return `${event.change} ${String(event.thing.priority)}`;
  });
}

describe.skipIf(reason !== undefined)(`follow on the real kernel${needs}`, () => {
  it('tells what is there, then what changes', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    await netlink.rules.add({ priority: 100, from: '10.0.2.128/32', table: 200 });
    const events: FollowEvent[] = [];
    using follow = await netlink.follow(['rule', 'address'], (event) => events.push(event));
    expect(events).toHaveLength(1);
    expect(follow.snapshot.rules.map(({ priority }) => priority)).toContain(100);
    await netlink.rules.add({ priority: 101, from: '10.0.2.129/32', table: 200 });
    await netlink.rules.remove({ priority: 100, from: '10.0.2.128/32' });
    const address = { linkIndex: pair.net1.index, address: '10.0.2.128/24' };
    await netlink.addresses.add(address);
    await netlink.addresses.add({ ...address, protocol: 188 }, { exclusive: false });
    await netlink.addresses.remove(address);
    await vi.waitFor(() => {
      expect(said(events, 'address')).toEqual([
        'added 10.0.2.128/24',
        'changed 10.0.2.128/24',
        'removed 10.0.2.128/24',
      ]);
    });
    expect(said(events, 'rule')).toEqual(['added 101', 'removed 100']);
  });

  it('tells the routes that a link takes with it without a word', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    const linkIndex = pair.net1.index;
    await netlink.addresses.add({ linkIndex, address: '10.0.2.128/24' });
    for (const net of ['10.7.0.0/16', '10.8.0.0/16']) {
      await netlink.routes.add({ destination: net, linkIndex, table: 200 });
    }
    const raw: string[] = [];
    const watch = netlink.watch(['route'], (event) => {
      if (event.kind === 'route' && event.route.table === 200) raw.push(event.change);
    });
    const events: FollowEvent[] = [];
    using follow = await netlink.follow(['route'], (event) => events.push(event));
    await netlink.links.set({ name: 'net1' }, { up: false });
    await vi.waitFor(() => {
      expect(said(events, 'route')).toEqual(
        expect.arrayContaining(['removed 10.7.0.0/16', 'removed 10.8.0.0/16']),
      );
    });
    expect(follow.snapshot.routes.filter(({ table }) => table === 200)).toEqual([]);
    expect(raw).toEqual([]);
    watch.close();
  });

  it('tells a route that took the place of another', async () => {
    using pair = await openPair();
    const { routes } = pair.netlink;
    const route = { destination: '192.0.2.0/24', table: 200 };
    await routes.add({ ...route, linkIndex: pair.net1.index });
    const events: FollowEvent[] = [];
    using follow = await pair.netlink.follow(['route'], (event) => events.push(event));
    await routes.replace({ ...route, type: 'unreachable' });
    await vi.waitFor(() => {
      const left = follow.snapshot.routes.filter(({ table }) => table === 200);
      expect(left.map(({ type }) => type)).toEqual(['unreachable']);
    });
    expect(said(events, 'route')).toEqual(['added 192.0.2.0/24', 'removed 192.0.2.0/24']);
  });

  it('knows the truth again after a storm that it could not hear', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    using follow = await netlink.follow(['rule'], () => undefined);
    const count = 3000;
    // deaf meanwhile: nothing is read before all is done
    const storm = Array.from({ length: count }, (_, index) =>
      netlink.rules.add({ priority: 1000 + index, from: '10.0.2.128/32', table: 200 }),
    );
    await Promise.all(storm);
    await vi.waitFor(
      async () => {
        const known = follow.snapshot.rules.filter(({ table }) => table === 200);
        expect(known).toHaveLength(count);
      },
      { timeout: 10_000 },
    );
  });
});
