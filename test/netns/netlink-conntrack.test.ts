import { spawnSync } from 'node:child_process';
import { createNetworkNamespace, openNetlink, type NetworkNamespace } from '@truetuple/netlink';
import {
  mirrored,
  openConntrack,
  type Conntrack,
  type FlowTuple,
} from '@truetuple/netlink/conntrack';
import { describe, expect, it } from 'vitest';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const udp: FlowTuple = {
  source: '198.51.100.50',
  destination: '203.0.113.50',
  protocol: 17,
  sourcePort: 5060,
  destinationPort: 5060,
};

interface Tracked extends AsyncDisposable {
  readonly netns: NetworkNamespace;
  readonly conntrack: Conntrack;
}

async function openTracked(): Promise<Tracked> {
  await using stack = new AsyncDisposableStack();
  const netns = stack.use(createNetworkNamespace());
  const netlink = stack.use(await openNetlink({ netns }));
  await netlink.links.set({ name: 'lo' }, { up: true });
  const conntrack = stack.use(await openConntrack({ netns }));
  const opened = stack.move();
  return { netns, conntrack, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

describe.skipIf(reason !== undefined)(`connection tracking of the real kernel${needs}`, () => {
  it('a flow is added, found, updated and deleted by its tuple', async () => {
    await using tracked = await openTracked();
    const { flows } = tracked.conntrack;
    await flows.add({
      original: udp,
      timeoutSeconds: 120,
      mark: 7,
      status: ['assured', 'seenReply'],
    });
    const key = { original: udp };
    const flow = await flows.get(key);
    expect(flow).toMatchObject({
      family: 'ipv4',
      original: udp,
      reply: mirrored(udp),
      mark: 7,
      status: expect.arrayContaining(['seenReply', 'assured', 'confirmed']) as string[],
    });
    expect(flow?.timeoutSeconds).toBeGreaterThan(100);
    await expect(flows.add({ original: udp, timeoutSeconds: 1 })).rejects.toMatchObject({
      isExists: true,
    });
    await flows.update(key, { timeoutSeconds: 600, mark: 9 });
    expect(await flows.get(key)).toMatchObject({ mark: 9 });
    expect((await flows.get(key))?.timeoutSeconds).toBeGreaterThan(500);
    expect(await flows.delete({ original: udp, id: (flow?.id ?? 0) ^ 1 })).toBe('absent');
    expect(await flows.delete({ original: udp, id: flow?.id ?? 0 })).toBe('removed');
    expect(await flows.delete(key)).toBe('absent');
    expect(await flows.get(key)).toBe(undefined);
  });

  it('a translated flow, a TCP one, ICMP and IPv6 are as conntrack shows them', async () => {
    await using tracked = await openTracked();
    const { flows } = tracked.conntrack;
    const reply = { ...mirrored(udp), source: '10.0.2.128' };
    await flows.add({ original: udp, reply, timeoutSeconds: 100 });
    const six = { ...udp, source: '2001:db8::50', destination: '2001:db8::1' };
    await flows.add({ original: six, timeoutSeconds: 100 });
    await flows.add({
      original: { ...udp, protocol: 6 },
      timeoutSeconds: 100,
      tcpState: 'established',
    });
    const echo = {
      source: '10.0.0.1',
      destination: '10.0.0.2',
      protocol: 1,
      icmp: { id: 3, type: 8, code: 0 },
    };
    await flows.add({ original: echo, timeoutSeconds: 100 });
    await expect(
      flows.add({ original: { ...udp, protocol: 6, sourcePort: 1 }, timeoutSeconds: 1 }),
    ).rejects.toMatchObject({
      code: 'EINPUT',
    });
    const list = await flows.list();
    expect(list).toHaveLength(4);
    expect(list.find(({ original }) => original.protocol === 6)?.tcpState).toBe('established');
    expect(list.find(({ original }) => original.protocol === 1)?.original).toEqual(echo);
    expect((await flows.list({ family: 'ipv6' })).map(({ original }) => original)).toEqual([six]);
    expect(await flows.list({ reply: { source: '10.0.2.128' } })).toHaveLength(1);
    const target = `--net=/proc/${String(process.pid)}/fd/${String(tracked.netns.fd)}`;
    const { stdout, error } = spawnSync('nsenter', [target, 'conntrack', '-L'], {
      encoding: 'utf8',
    });
    if (error !== undefined || stdout === '')
      throw new Error('conntrack (Debian package conntrack) did not run');
    expect(stdout).toContain('src=198.51.100.50 dst=203.0.113.50 sport=5060 dport=5060');
    expect(stdout).toContain('src=10.0.2.128 dst=198.51.100.50 sport=5060 dport=5060');
    expect(stdout).toMatch(/^tcp .*ESTABLISHED/m);
    expect(stdout).toContain('type=8 code=0 id=3');
  });

  it('10,000 flows are listed, filtered by mark in the kernel, and deleted in bulk', async () => {
    await using tracked = await openTracked();
    const { flows } = tracked.conntrack;
    const count = 10_000;
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        flows.add({
          original: { ...udp, source: `10.1.${String(index >> 8)}.${String(index & 255)}` },
          timeoutSeconds: 600,
          mark: index % 2,
        }),
      ),
    );
    expect(await flows.list()).toHaveLength(count);
    expect(await flows.list({ mark: 1 })).toHaveLength(count / 2);
    expect(await flows.deleteWhere({ mark: 1 })).toBe(count / 2);
    expect(await flows.list({ mark: 1 })).toEqual([]);
    expect(await flows.list()).toHaveLength(count / 2);
    await flows.flush();
    expect(await flows.list()).toEqual([]);
  });

  it('the same synchronously, and several in one send with a result each', async () => {
    await using tracked = await openTracked();
    const { sync } = tracked.conntrack;
    const other = { ...udp, sourcePort: 5061 };
    sync.flows.add({ original: udp, timeoutSeconds: 60 });
    expect(sync.flows.get({ original: udp })?.original).toEqual(udp);
    const results = await tracked.conntrack.batch(({ flows }) => {
      flows.add({ original: udp, timeoutSeconds: 60 });
      flows.add({ original: other, timeoutSeconds: 60 });
      flows.delete({ original: udp });
      flows.delete({ original: udp });
    });
    expect(results).toMatchObject([
      { error: { code: 'EEXIST' } },
      { value: undefined },
      { value: 'removed' },
      { value: 'absent' },
    ]);
    expect((await tracked.conntrack.flows.list()).map(({ original }) => original)).toEqual([other]);
  });
});
