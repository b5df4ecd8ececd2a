import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { KeepOptions } from './keep/keeping.ts';
import type { FakeStunServer } from './testing/fake-internet/fake-stun-server.ts';
import { local, one, seeing, silent, three, two } from './testing/held-with-stun.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod } from './testing/simulated-pod.ts';
import type { Endpoint } from './verify/datagram-port.ts';

const reservedPort = 5999;
const stunServers = ['198.51.100.50', '198.51.100.60', '198.51.100.70'];
const wire = { stunServers, reservedPort };
const elsewhere = { address: '203.0.113.99', port: reservedPort };
/** A keep that looks at EC2 seldom: what happens sooner is the wire's doing. */
const cloudEveryMs = 3_600_000;
const wireEveryMs = 30_000;

async function build(servers: readonly FakeStunServer[], options: KeepOptions = {}) {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await pod.clock.advance(5 * 60_000);
  for (const server of servers) pod.internet.addStunServer(server);
  const events: KeepEvent[] = [];
  const keeping = await held.keep({
    intervalMs: cloudEveryMs,
    random: () => 0.999,
    onEvent: (event) => void events.push(event),
    wire: { ...wire, intervalMs: wireEveryMs },
    ...options,
  });
  await pod.clock.settle();
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return { pod, held, keeping, events, kinds };
}

/** Servers that see what is there, until they are told to see something else. */
function mutable() {
  const mapped = new Map<string, Endpoint | 'silent'>();
  const servers = [one, two, three].map((at): FakeStunServer => ({
    at,
    says: (answer) => {
      const seen = mapped.get(at.address);
      if (seen === undefined) return answer;
      if (seen === 'silent') return undefined;
      return { ...answer, attributes: [{ kind: 'xor-mapped-address', at: seen }] };
    },
  }));
  return { servers, mapped };
}

describe('a keep that asks on the wire', () => {
  it('tells nothing and changes nothing where servers see the advertised tuple', async () => {
    const { pod, keeping, kinds } = await build([{ at: one }, { at: two }, { at: three }]);
    await pod.clock.advance(10 * wireEveryMs);
    expect(kinds()).toEqual([]);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await keeping.close();
    expect([pod.clock.waiting, pod.internet.held]).toEqual([0, []]);
  });

  it('withdraws what a quorum sees elsewhere, looks at EC2 at once, and publishes when they see it again', async () => {
    const { servers, mapped } = mutable();
    const { pod, keeping, kinds, events } = await build(servers);
    mapped.set(one.address, elsewhere);
    mapped.set(two.address, elsewhere);
    const before = pod.ec2.calls.count('DescribeAddresses');
    await pod.clock.advance(wireEveryMs);
    expect(kinds()).toEqual(['degraded']);
    expect(events[0]).toMatchObject({ error: { code: 'OutboundNotProven' } });
    expect(await pod.publisher.current()).toBeUndefined();
    expect(pod.ec2.calls.count('DescribeAddresses')).toBeGreaterThan(before);
    // the link is looked at, and is right; the wire says otherwise
    pod.kernel.removeAddress('net1', '203.0.113.50/32');
    await pod.clock.advance(60_000);
    expect(kinds()).toEqual(['degraded', 'repaired']);
    expect(await pod.publisher.current()).toBeUndefined();
    mapped.clear();
    await pod.clock.advance(5000);
    expect(kinds()).toEqual(['degraded', 'repaired', 'restored']);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await keeping.close();
  });

  it('one server of three that sees something else changes nothing', async () => {
    const { pod, keeping, kinds } = await build([
      { at: one },
      { at: two },
      seeing(three, elsewhere),
    ]);
    await pod.clock.advance(10 * wireEveryMs);
    expect(kinds()).toEqual([]);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await keeping.close();
  });

  it('never withdraws or fences for silence, nor for one wrong answer among silence', async () => {
    const { pod, keeping, kinds, events } = await build([
      silent(one),
      silent(two),
      seeing(three, elsewhere),
    ]);
    await pod.clock.advance(20 * wireEveryMs);
    expect(kinds()).toEqual(['wire-silent']);
    expect(events[0]).not.toHaveProperty('findings', []);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    expect(JSON.stringify(pod.kernel.snapshot().links)).toContain('203.0.113.50');
    pod.internet.addStunServer({ at: one });
    pod.internet.addStunServer({ at: two });
    await pod.clock.advance(wireEveryMs);
    expect(kinds()).toEqual(['wire-silent', 'wire-answers']);
    await keeping.close();
  });

  it('silence after a contradiction brings nothing back, a proof does', async () => {
    const { servers, mapped } = mutable();
    const { pod, keeping, kinds } = await build(servers);
    for (const { at } of servers) mapped.set(at.address, elsewhere);
    await pod.clock.advance(wireEveryMs);
    expect(kinds()).toEqual(['degraded']);
    for (const { at } of servers) mapped.set(at.address, 'silent');
    await pod.clock.advance(60_000);
    expect(kinds()).toEqual(['degraded', 'wire-silent']);
    expect(await pod.publisher.current()).toBeUndefined();
    mapped.clear();
    await pod.clock.advance(10_000);
    expect(kinds()).toEqual(['degraded', 'wire-silent', 'wire-answers', 'restored']);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await keeping.close();
  });

  it('finds a theft within its own interval, which the look at EC2 then proves and fences', async () => {
    const { pod, held, keeping, kinds } = await build([{ at: one }, { at: two }, { at: three }]);
    const { associationId, networkInterfaceId, privateIp, allocationId } = held.identity;
    const { subnetId } = pod.ec2
      .snapshot()
      .networkInterfaces.find((eni) => eni.networkInterfaceId === networkInterfaceId) ?? {
      subnetId: '',
    };
    const { instanceId } = pod.ec2.createInstance();
    const thief = pod.ec2.createNetworkInterface({ subnetId, instanceId });
    await pod.ec2.disassociateAddress({ associationId });
    await pod.ec2.associateAddress({
      allocationId,
      networkInterfaceId: thief.networkInterfaceId,
      privateIpAddress: thief.privateIpAddress,
    });
    const other = pod.ec2.allocateAddress({ publicIp: '203.0.113.99' });
    await pod.ec2.associateAddress({
      allocationId: other.allocationId,
      networkInterfaceId,
      privateIpAddress: privateIp,
    });
    await pod.clock.advance(wireEveryMs + 3000);
    expect(kinds()).toEqual(['degraded', 'lost']);
    expect(await keeping.ended).toMatchObject({ kind: 'lost', isFenced: true });
    expect(pod.clock.waiting).toBe(0);
  });
});

describe('where a keep asks from', () => {
  it('is never a port that the application holds: none of its packets is taken, and nothing is said', async () => {
    const requests: Endpoint[] = [];
    const { pod, keeping, kinds } = await build([
      { at: one, onRequest: (_request, from) => void requests.push(from) },
    ]);
    const app = await pod.internet.open(local(reservedPort));
    if (app.kind !== 'open') throw new Error(app.errno);
    const heard: number[] = [];
    app.socket.listen((bytes) => void heard.push(bytes.length));
    await pod.clock.advance(3 * wireEveryMs);
    expect([requests, heard, kinds()]).toEqual([[], [], ['wire-silent']]);
    expect(pod.internet.held).toEqual([`10.0.2.128:${reservedPort}`]);
    await keeping.close();
  });

  it("is the application's own socket, which stays open and hears on", async () => {
    const pod = simulatedPod({ clock: new ManualClock() });
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    const requests: number[] = [];
    for (const at of [one, two, { address: '10.0.1.200', port: 3478 }]) {
      pod.internet.addStunServer({
        at,
        onRequest: (_request, from) => void requests.push(from.port),
      });
    }
    const app = await pod.internet.open(local(5060));
    if (app.kind !== 'open') throw new Error(app.errno);
    const events: KeepEvent[] = [];
    const keeping = await held.keep({
      random: () => 0,
      onEvent: (event) => void events.push(event),
      // a server in the VPC is asked from the socket for VPC peers, which nobody lends
      wire: {
        stunServers: ['198.51.100.50', '198.51.100.60', '10.0.1.200'],
        applicationSockets: [app.socket],
      },
    });
    await pod.clock.advance(1000);
    expect(new Set(requests)).toEqual(new Set([5060]));
    expect(requests).toHaveLength(2);
    expect(pod.internet.held).toEqual(['10.0.2.128:5060']);
    expect(events).toMatchObject([{ kind: 'wire-silent', findings: [{ code: 'port-held' }] }]);
    await keeping.close();
    expect(pod.internet.held).toEqual(['10.0.2.128:5060']);
  });

  it.each<[string, KeepOptions['wire'], string]>([
    ['neither a reserved port nor a socket', { stunServers }, 'reservedPort'],
    ['no server', { stunServers: [], reservedPort }, 'stunServers'],
    ['a quorum of more servers than there are', { ...wire, quorum: 4 }, 'quorum'],
    ['an interval that is none', { ...wire, intervalMs: 0 }, 'intervalMs'],
  ])('is refused with %s', async (_what, refused, field) => {
    const pod = simulatedPod({ clock: new ManualClock() });
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await expect(held.keep({ wire: refused ?? wire })).rejects.toMatchObject({
      code: 'SpecInvalid',
      message: expect.stringContaining(field) as string,
    });
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
  });
});
