import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createNetworkNamespace, explain, openNetlink } from '@truetuple/netlink';
import type { AnswerEvent, OverrunEvent, RequestEvent } from '@truetuple/netlink';
import { openNftables } from '@truetuple/netlink/nftables';
import { afterEach, describe, expect, it } from 'vitest';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** What is published on the channel until the test ends. */
function heard<Event>(name: 'request' | 'answer' | 'overrun'): Event[] {
  const events: Event[] = [];
  const listener = (event: unknown): void => void events.push(event as Event);
  subscribe(`truetuple.netlink.${name}`, listener);
  closing.push(() => unsubscribe(`truetuple.netlink.${name}`, listener));
  return events;
}

describe.skipIf(reason !== undefined)(`diagnostics_channel${needs}`, () => {
  it('tells each send and each datagram, as bytes that explain() reads', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    const requests = heard<RequestEvent>('request');
    const answers = heard<AnswerEvent>('answer');
    await netlink.rules.add({ priority: 7, table: 200 });
    await expect(netlink.rules.add({ priority: 7, table: 200 })).rejects.toThrow('EEXIST');
    expect(requests.flatMap(({ bytes, bus }) => explain(bytes, { bus }))).toMatchObject([
      { type: 'newRule' },
      { type: 'newRule' },
    ]);
    expect(answers.map(({ sender, truncated }) => ({ sender, truncated }))).toEqual([
      { sender: 0, truncated: false },
      { sender: 0, truncated: false },
    ]);
    expect(answers.flatMap(({ bytes }) => explain(bytes)[0]?.answer)).toEqual([
      expect.not.stringContaining('EEXIST') as string,
      expect.stringContaining('EEXIST') as string,
    ]);
    // A later receive fills the same memory: what was told does not change with it.
    const before = answers.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
    await netlink.links.list();
    expect(answers.slice(0, 2).map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
      before,
    );
  });

  it('tells which bus and which socket it is, synchronous ones and watches too', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    await using nft = await openNftables({ netns });
    const requests = heard<RequestEvent>('request');
    const answers = heard<AnswerEvent>('answer');
    netlink.sync.links.list();
    await netlink.links.list();
    await nft.transaction((t) => {
      t.addTable({ family: 'ip', table: 'a' });
    });
    expect(requests.map(({ bus }) => bus)).toEqual(['route', 'route', 'netfilter']);
    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(3);
    const told = Promise.withResolvers<void>();
    netlink.watch(['rule'], () => told.resolve());
    await netlink.rules.add({ priority: 7, table: 200 });
    await told.promise;
    const events = answers.filter(({ socket }) => requests.every((one) => one.socket !== socket));
    expect(events.flatMap(({ bytes }) => explain(bytes)[0]?.type)).toContain('newRule');
  });

  it('tells an overrun where it is noticed', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    const overruns = heard<OverrunEvent>('overrun');
    const told = Promise.withResolvers<void>();
    netlink.watch(['route'], ({ kind }) => {
      if (kind === 'overrun') told.resolve();
    });
    for (let index = 0; index < 30_000; index++) {
      const destination = `10.${String(index >> 8)}.${String(index & 255)}.0/24`;
      netlink.sync.routes.add({ destination, type: 'blackhole', table: 200 });
    }
    await told.promise;
    expect(overruns).toEqual([{ socket: expect.any(Number) as number, bus: 'route' }]);
  });
});
