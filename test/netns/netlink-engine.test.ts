import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import {
  createNetworkNamespace,
  deleteNetworkNamespace,
  NetlinkError,
  openNetlink,
  openSocket,
  type Netlink,
} from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const rule = (index: number): { priority: number; from: string; table: number } => ({
  priority: 1000 + index,
  from: `10.9.${String(index >> 8)}.${String(index & 255)}/32`,
  table: 200,
});
const prioritiesOf = async (netlink: Netlink): Promise<number[]> =>
  (await netlink.rules.list({ family: 'ipv4' }))
    .map(({ priority }) => priority)
    .filter((priority) => priority >= 1000 && priority < 32766);

describe.skipIf(reason !== undefined)(`many at once${needs}`, () => {
  it('ten thousand each have their own outcome', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    // Every third one is there already.
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3000 }, (_, index) =>
        rules.add(rule(index - (index % 3 === 2 ? 1 : 0))),
      ),
    );
    const refused = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    expect(refused).toEqual(Array.from({ length: 1000 }, (_, index) => index * 3 + 2));
    const lookups = await Promise.all(
      Array.from({ length: 7000 }, () => pair.netlink.links.get({ name: 'net1' })),
    );
    expect(new Set(lookups.map((link) => link?.index)).size).toBe(1);
    expect((await prioritiesOf(pair.netlink)).length).toBe(2000);
  });

  it("a batch of nothing but refusals with the kernel's words is heard whole", async () => {
    using pair = await openPair();
    const wrong = { destination: '10.7.1.1/16', linkIndex: pair.net1.index };
    let sends = 0;
    const count = (): void => void (sends += 1);
    subscribe('truetuple.netlink.request', count);
    const results = await pair.netlink.batch((batch) => {
      for (let index = 0; index < 3000; index++) batch.routes.add(wrong);
    });
    unsubscribe('truetuple.netlink.request', count);
    const codes = new Set(
      results.map(
        (result) => result.kind === 'failed' && [result.error.code, result.error.kernelText].join(),
      ),
    );
    expect([...codes]).toEqual(['EINVAL,Invalid prefix for given prefix length']);
    // 256 a send for who may not make the receive buffer larger than others'
    expect(sends).toBeLessThanOrEqual(12);
  });

  it('are carried out in the order in which they were asked', async () => {
    using pair = await openPair();
    const { rules } = pair.netlink;
    const [, before, , after] = await Promise.all([
      rules.add(rule(1)),
      prioritiesOf(pair.netlink),
      rules.remove(rule(1)),
      prioritiesOf(pair.netlink),
      rules.add(rule(2)),
    ]);
    expect([before, after]).toEqual([[1001], []]);
  });

  it('a link is removed while the loop turns', async () => {
    using pair = await openPair();
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    count();
    const removal = pair.netlink.links.remove({ name: 'net1' });
    // What is asked after it waits for it, and does not hold the loop up either.
    const after = pair.netlink.links.get({ name: 'net1' });
    expect(await removal).toBe('removed');
    isOver = true;
    expect(await after).toBe(undefined);
    // held up, it would have turned not once; how often it turns is the machine's business
    expect(turns).toBeGreaterThan(1);
  });
});

describe.skipIf(reason !== undefined)(`a batch${needs}`, () => {
  it('has a result for each operation, in order', async () => {
    using pair = await openPair();
    const results = await pair.netlink.batch((batch) => {
      for (let index = 0; index < 300; index++) batch.rules.add(rule(index));
      batch.rules.add(rule(7));
      batch.rules.remove(rule(8));
      batch.rules.remove(rule(8));
      batch.links.get({ name: 'net1' });
      batch.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
      batch.links.set({ name: 'a' }, { name: 'c' });
      batch.rules.list({ family: 'ipv4' });
      batch.links.remove({ name: 'c' });
    });
    expect(results.slice(0, 300).every(({ kind }) => kind === 'done')).toBe(true);
    expect(results.slice(300)).toMatchObject([
      { kind: 'failed', error: { code: 'EEXIST', outcome: 'refused' } },
      { kind: 'done', value: 'removed' },
      { kind: 'done', value: 'absent' },
      { kind: 'done', value: { name: 'net1' } },
      { kind: 'done' },
      { kind: 'done' },
      { kind: 'done', value: { length: 302 } },
      { kind: 'done', value: 'removed' },
    ]);
  });

  it('of which a value is refused sends nothing', async () => {
    using pair = await openPair();
    const filled = pair.netlink.batch((batch) => {
      batch.rules.add(rule(1));
      batch.rules.add({ priority: 2, from: 'nowhere', table: 200 });
    });
    await expect(filled).rejects.toMatchObject({ code: 'EINPUT' });
    expect(await prioritiesOf(pair.netlink)).toEqual([]);
    expect(await pair.netlink.batch(() => undefined)).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)(`the sync twin${needs}`, () => {
  it('does and finds what the other does', async () => {
    using pair = await openPair();
    const { sync } = pair.netlink;
    sync.links.add({
      kind: 'veth',
      name: 'a',
      up: true,
      peer: { name: 'b', netns: pair.there, up: true },
    });
    sync.links.set({ name: 'a' }, { name: 'c' });
    const names = (await pair.netlink.links.list()).map(({ name }) => name);
    expect(sync.links.list().map(({ name }) => name)).toEqual(names);
    sync.rules.add(rule(1));
    expect(() => sync.rules.add(rule(1))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(sync.rules.list()).toEqual(await pair.netlink.rules.list());
    expect(sync.rules.remove(rule(1))).toBe('removed');
    expect(sync.rules.remove(rule(1))).toBe('absent');
    expect(sync.routes.ensure({ destination: '10.7.0.0/16', type: 'blackhole', table: 300 })).toBe(
      'created',
    );
    expect(sync.routes.list({ table: 300 })).toHaveLength(1);
    expect(sync.routes.list({ table: 301 })).toEqual([]);
    expect(sync.links.get({ name: 'nowhere' })).toBe(undefined);
    expect((await pair.far.links.get({ name: 'b' }))?.up).toBe(true);
    expect(sync.links.remove({ name: 'c' })).toBe('removed');
    const results = sync.batch((batch) => {
      for (let index = 0; index < 200; index++) batch.rules.add(rule(index % 150));
    });
    expect(results.filter(({ kind }) => kind === 'failed')).toHaveLength(50);
  });

  it('ends with its netlink', async () => {
    using pair = await openPair();
    const { sync } = pair.netlink;
    sync.links.list();
    pair.netlink.close();
    expect(() => sync.links.list()).toThrow(expect.objectContaining({ code: 'ECLOSED' }));
    using never = await openNetlink({ netns: pair.there });
    never.close();
    expect(() => never.sync.links.list()).toThrow(expect.objectContaining({ code: 'ECLOSED' }));
  });
});

describe.skipIf(reason !== undefined)(`who will not wait${needs}`, () => {
  it('is told that what was sent may have been done, and it was', async () => {
    using pair = await openPair();
    const removal = pair.netlink.within({ deadlineMs: 0 }).links.remove({ name: 'net1' });
    await expect(removal).rejects.toMatchObject({ code: 'EDEADLINE', outcome: 'unknown' });
    expect(await pair.netlink.links.get({ name: 'net1' })).toBe(undefined);
  });

  it('is told that what was not sent was not done', async () => {
    using pair = await openPair();
    const abort = new AbortController();
    const limited = pair.netlink.within({ signal: abort.signal });
    const first = limited.rules.add(rule(1));
    const second = pair.netlink.rules.add(rule(2));
    const inBatch = pair.netlink.batch((batch) => batch.rules.add(rule(3)), {
      signal: abort.signal,
    });
    // Nothing is sent before this turn is over.
    abort.abort(new Error('the pod is gone'));
    await expect(first).rejects.toMatchObject({
      code: 'EABORTED',
      outcome: 'not-sent',
      cause: { message: 'the pod is gone' },
    });
    expect(await inBatch).toMatchObject([{ kind: 'failed', error: { outcome: 'not-sent' } }]);
    await expect(limited.rules.add(rule(4))).rejects.toMatchObject({ outcome: 'not-sent' });
    const late = await pair.netlink.batch((batch) => batch.rules.add(rule(5)), {
      signal: abort.signal,
    });
    expect(late).toMatchObject([{ kind: 'failed', error: { outcome: 'not-sent' } }]);
    await second;
    expect(await prioritiesOf(pair.netlink)).toEqual([1002]);
  });

  it('hears nothing of it when all is done in time', async () => {
    using pair = await openPair();
    const limits = { signal: AbortSignal.timeout(60_000), deadlineMs: 60_000 };
    await pair.netlink.within(limits).rules.add(rule(1));
    expect(await pair.netlink.within(limits).rules.list({ family: 'ipv4' })).toHaveLength(4);
  });
});

describe.skipIf(reason !== undefined)(`what the kernel may do${needs}`, () => {
  it('a namespace that is deleted under an open socket serves it until it is closed', async () => {
    const name = `engine-${String(process.pid)}`;
    const named = createNetworkNamespace({ name });
    await using netlink = await openNetlink({ netns: named });
    named.close();
    deleteNetworkNamespace(name);
    await netlink.rules.add(rule(1));
    netlink.sync.rules.add(rule(2));
    expect(await prioritiesOf(netlink)).toEqual([1001, 1002]);
    await netlink.links.add({ kind: 'veth', name: 'a', peer: { name: 'b' } });
    expect(await netlink.links.remove({ name: 'a' })).toBe('removed');
  });

  it('an answer that another process forges is passed over', async () => {
    using pair = await openPair();
    const { netlink, here } = pair;
    await netlink.rules.add(rule(1));
    using forger = openSocket({ domain: 'netlink', type: 'raw', protocol: 0, netns: here });
    // struct sockaddr_nl: u16 family, pad, u32 port id, u32 groups; to each socket of this namespace
    const ports = [...here.readFile('/proc/net/netlink').matchAll(/^\S+\s+0\s+(\d+)/gm)]
      .map(([, port]) => Number(port))
      .filter((port) => port > 0);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) {
      for (let sequence = 1; sequence < 40; sequence++) {
        forger.sendTo(
          forgedRefusal(sequence),
          new Uint8Array(new Uint32Array([16, port, 0]).buffer),
        );
      }
    }
    await Promise.all([2, 3, 4].map((index) => netlink.rules.add(rule(index))));
    expect(await prioritiesOf(netlink)).toEqual([1001, 1002, 1003, 1004]);
  });

  it('a listing that never comes to rest fails with what it found', async () => {
    using pair = await openPair();
    const { netlink, net1, here } = pair;
    await netlink.batch((batch) => {
      for (let index = 0; index < 4000; index++) {
        const address = `10.${String(100 + (index >> 8))}.${String(index & 255)}.1/32`;
        batch.addresses.add({ linkIndex: net1.index, address });
      }
    });
    const churn = new Worker(new URL('netlink-engine-churn.ts', import.meta.url), {
      execArgv: ['--conditions=truetuple-source'],
      workerData: { fd: here.fd, linkIndex: net1.index },
    });
    await new Promise((resolve) => void churn.once('message', resolve));
    try {
      const error = await untilRejected(() => netlink.addresses.list({ family: 'ipv4' }));
      expect(error).toMatchObject({ code: 'EINTERRUPTED', errno: 0, retry: 'now' });
      expect(error.partial?.length).toBeGreaterThanOrEqual(3000);
    } finally {
      await churn.terminate();
    }
    expect((await netlink.addresses.list({ family: 'ipv4' })).length).toBeGreaterThanOrEqual(4000);
  });
});

async function untilRejected(attempt: () => Promise<unknown>): Promise<NetlinkError> {
  for (;;) {
    try {
      await attempt();
    } catch (error) {
      if (NetlinkError.is(error)) return error;
      throw error;
    }
  }
}

/** NLMSG_ERROR with EPERM for that sequence number. */
function forgedRefusal(sequence: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(36));
  const words = [36, 0x01000002, sequence, 0, -1, 16, 0, sequence, 0];
  for (const [index, word] of words.entries()) bytes.setInt32(index * 4, word, true);
  return new Uint8Array(bytes.buffer);
}
