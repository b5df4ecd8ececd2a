import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import { aroundEc2 } from './cloud/ec2/around-ec2.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import type { LivePods } from './cloud/liveness.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { HeldIdentity } from './held-identity.ts';
import type { Ipv4Address } from './identity/address.ts';
import { handoverTagKey } from './identity/handover.ts';
import { ownerTagKey } from './identity/owner.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { NodePorts } from './node-ports.ts';
import { requestHandover, type HandoverReport, type HandoverRequest } from './request-handover.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { fakePod } from './testing/fake-kernel/fake-pod.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemoryPublisher } from './testing/memory-publisher.ts';
import type { CloudRules } from './testing/simulated-ec2/cloud-rules.ts';
import { simulatedNode } from './testing/simulated-node.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const address = '203.0.113.50';
const intervalMs = 30_000;

/** An Ec2Api whose process dies with its n-th write: it is carried out, and nothing of the process goes on. */
function dyingAfter(ec2: Ec2Api, writes: number): Ec2Api {
  let left = writes;
  const never = new Promise<never>(() => {});
  return aroundEc2(ec2, async (action, call, make) => {
    if (left <= 0) return never;
    if (action.startsWith('Describe')) return make(call);
    left -= 1;
    const answer = await make(call);
    return left <= 0 ? never : answer;
  });
}

interface Setup {
  readonly claimScope?: CloudRules['claimScope'];
  /** Where the standby is: on another node's ENI, or on the holder's own. */
  readonly standbyOn?: 'another ENI' | 'the same ENI';
  /** After how many writes of its keep the holder dies. */
  readonly holderDiesAfter?: number;
  readonly isKept?: boolean;
  /** How far describes are behind. */
  readonly lagMs?: number;
}

async function build(setup: Setup = {}) {
  const { claimScope = 'eni', standbyOn = 'another ENI', isKept = true, lagMs = 0 } = setup;
  const clock = new ManualClock();
  const pod = simulatedPod({ clock, ec2: { claimScope, reads: { lagMs: lagOf(lagMs) } } });
  const { ec2 } = pod;
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await clock.advance(60_000);
  const media = ec2
    .snapshot()
    .networkInterfaces.find((eni) => eni.networkInterfaceId === held.identity.networkInterfaceId);
  if (media === undefined) throw new Error('no ENI');
  const macAddress =
    standbyOn === 'the same ENI' ? media.macAddress : otherInterface(ec2, media.subnetId);
  const events: KeepEvent[] = [];
  const { holderDiesAfter = Infinity } = setup;
  const grantEc2 = dyingAfter(ec2, holderDiesAfter);
  const node: NodePorts = {
    ...pod.node,
    openGrant: async () => directGrant({ ec2: grantEc2, clock }),
  };
  const onEvent = (event: KeepEvent): void => void events.push(event);
  if (isKept) await held.keep({ node, intervalMs, random: () => 0.999, onEvent });
  const by = { cluster: 'test', namespace: 'sip', pod: 'standby-0', uid: 'uid-standby' };
  const publisher = new MemoryPublisher();
  const kernel = fakePod({
    links: [{ name: 'net1', macAddress, parent: 'eth1', addresses: ['10.0.2.129/24'] }],
  });
  const standby = {
    by,
    publisher,
    node: simulatedNode({ ec2, kernel, clock, publisher }),
    ask: (change: Partial<HandoverRequest> = {}, live?: LivePods, through: Ec2Api = ec2) =>
      requestHandover(
        { pool: 'media', address, by, ...change },
        { ec2: through, clock, ...(live && { live: { livePods: async () => live } }) },
      ),
    ensure: () =>
      clock.run(ensurePublicIdentity({ ...pod.spec, owner: by, address }, { node: standby.node })),
  };
  return { pod, ec2, clock, held, events, standby };
}

function lagOf(ms: number) {
  return { addresses: ms, networkInterfaces: ms, routeTables: ms };
}

function otherInterface(ec2: ReturnType<typeof simulatedPod>['ec2'], subnetId: string): string {
  const { instanceId } = ec2.createInstance();
  return ec2.createNetworkInterface({ subnetId, instanceId, privateIpAddress: '10.0.2.20' })
    .macAddress;
}

function tagsOf({ ec2 }: { readonly ec2: ReturnType<typeof simulatedPod>['ec2'] }): string[] {
  return ec2.snapshot().addresses.flatMap(({ tags }) => tags.map(({ key }) => key));
}

const onlyStandby: LivePods = { complete: true, pods: [{ uid: 'uid-standby', privateIps: [] }] };

/** What nobody may ever see: two that advertise it. */
async function advertisers(world: Awaited<ReturnType<typeof build>>): Promise<number> {
  const all = await Promise.all([world.pod.publisher.current(), world.standby.publisher.current()]);
  return all.filter((one) => one?.publicIp === address).length;
}

async function expectMoved(
  world: Awaited<ReturnType<typeof build>>,
  standby: HeldIdentity,
): Promise<void> {
  const { identity } = standby;
  const [eip] = world.ec2.snapshot().addresses;
  expect(eip).toMatchObject({
    privateIpAddress: '10.0.2.129',
    associationId: identity.associationId,
  });
  expect(world.ec2.snapshot().routeTables.flatMap(({ routes }) => routes)).toContainEqual({
    destinationCidrBlock: `${address}/32`,
    networkInterfaceId: identity.networkInterfaceId,
    state: 'active',
  });
  expect(tagsOf(world)).not.toContain(handoverTagKey);
}

describe('the zone that the address is to come to', () => {
  it('ends the call before anybody is asked where EC2 would not associate the address', async () => {
    const { clock, standby, ec2, pod } = await build();
    const before = ec2.snapshot();
    const asked = standby.ask({ availabilityZone: 'eu-central-1-ham-1a' });
    await expect(clock.run(asked)).rejects.toMatchObject({
      code: 'WrongNetworkBorderGroup',
      message: `Asking for ${address}: it is of network border group eu-central-1, eu-central-1-ham-1a of eu-central-1-ham-1, and EC2 does not associate the one with the other`,
    });
    expect(ec2.snapshot()).toEqual(before);
    expect(await pod.publisher.current()).toMatchObject({ publicIp: address });
  });

  it('is no hindrance where the address is of its group', async () => {
    const { clock, standby } = await build();
    const asked = standby.ask({ availabilityZone: 'eu-central-1b' });
    await expect(clock.run(asked)).resolves.toMatchObject({ outcome: 'handed-over' });
  });
});

describe.each<[CloudRules['claimScope'], NonNullable<Setup['standbyOn']>]>([
  ['eni', 'another ENI'],
  ['privateIp', 'another ENI'],
  ['eni', 'the same ENI'],
  ['privateIp', 'the same ENI'],
])('claim scope %s, the standby on %s', (claimScope, standbyOn) => {
  it.each([0, 5000, 20_000])(
    'a holder that lives is asked, fences itself, gives it back; then the standby has it; describes are %i ms behind',
    async (lagMs) => {
      const world = await build({ claimScope, standbyOn, lagMs });
      const { clock, standby, events, pod } = world;
      const report = await clock.run(standby.ask());
      expect(report).toMatchObject({ outcome: 'handed-over', publicIp: address });
      expect(report.holder).toEqual(pod.spec.owner);
      expect(events).toMatchObject([{ kind: 'lost', because: 'handed-over' }]);
      expect(await advertisers(world)).toBe(0);
      expect(JSON.stringify(pod.kernel.snapshot().links)).not.toContain(address);
      expect(world.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
      await expectMoved(world, await standby.ensure());
      expect(await advertisers(world)).toBe(1);
    },
  );

  it('a standby that dies after any write can begin again, and never are there two', async () => {
    for (let writes = 1; writes <= 2; writes++) {
      const world = await build({ claimScope, standbyOn });
      const { clock, standby, ec2 } = world;
      const dead = standby.ask({}, undefined, dyingAfter(ec2, writes));
      void dead.catch(() => {});
      for (let second = 0; second < 60; second++) {
        await clock.advance(1000);
        expect(await advertisers(world)).toBeLessThanOrEqual(1);
      }
      const report = await clock.run(standby.ask());
      expect(['was-free', 'handed-over']).toContain(report.outcome);
      await expectMoved(world, await standby.ensure());
    }
  });

  it('a holder that dies after any write of the handover is taken from once it is proven dead', async () => {
    for (let writes = 1; writes <= 4; writes++) {
      const world = await build({ claimScope, standbyOn, holderDiesAfter: writes });
      const { clock, standby } = world;
      const first = await clock.run(standby.ask().catch((error: unknown) => error));
      // its record goes last: until then nothing says that it has given anything up
      const outcome = tagsOf(world).includes(ownerTagKey) ? 'was-free' : 'handed-over';
      expect(first).toMatchObject(
        (first as { code?: string }).code === undefined ? { outcome } : { code: 'HolderSilent' },
      );
      const report = await clock.run(standby.ask({}, onlyStandby));
      expect(['was-free', 'holder-dead']).toContain(report.outcome);
      await expectMoved(world, await standby.ensure());
    }
  });
});

describe('a holder that does not answer', () => {
  it('keeps the address: nothing of it is changed, and it is asked no more', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, pod, held } = world;
    const asked = clock.elapsed();
    await expect(clock.run(standby.ask({ timeoutMs: 40_000 }))).rejects.toMatchObject({
      code: 'HolderSilent',
      message: expect.stringContaining('sip/gateway-0') as string,
      remedy: expect.stringContaining('two advertise it') as string,
    });
    expect(clock.elapsed() - asked).toBeLessThan(45_000);
    expect(await pod.publisher.current()).toEqual(held.identity);
    expect(world.ec2.snapshot().addresses[0]?.associationId).toBe(held.identity.associationId);
    expect(tagsOf(world)).not.toContain(handoverTagKey);
  });

  it('keeps it when one describe shows the address as it was before it was claimed', async () => {
    const { clock, standby, ec2, held } = await build({ isKept: false });
    ec2.inject({ action: 'DescribeAddresses', staleByChanges: 50 });
    const asking = standby.ask({ timeoutMs: 10_000 });
    await expect(clock.run(asking)).rejects.toMatchObject({ code: 'HolderSilent' });
    expect(ec2.snapshot().addresses[0]?.associationId).toBe(held.identity.associationId);
  });

  it.each([
    [undefined, 30_000],
    [0, 0],
  ])('loses it once no list has had it for long enough: grace %s', async (graceMs, leastMs) => {
    const world = await build({ isKept: false });
    const { clock, standby } = world;
    const asked = clock.elapsed();
    const change = graceMs === undefined ? {} : { graceMs };
    const report = await clock.run(standby.ask(change, onlyStandby));
    expect(report.outcome).toBe('holder-dead');
    const tookMs = clock.elapsed() - asked;
    expect(tookMs).toBeGreaterThanOrEqual(leastMs);
    expect(tookMs).toBeLessThan(leastMs + 10_000);
    await expectMoved(world, await standby.ensure());
  });

  it('keeps it when a list from before its pod was made did not have it', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, pod, ec2, held } = world;
    const { uid } = pod.spec.owner;
    let lists = 0;
    const livePods = async (): Promise<LivePods> => {
      lists += 1;
      const pods = lists < 4 ? onlyStandby.pods : [{ uid, privateIps: [] }, ...onlyStandby.pods];
      return { complete: true, pods };
    };
    const asking = requestHandover(
      { pool: 'media', address, by: standby.by },
      { ec2, clock, live: { livePods } },
    );
    await expect(clock.run(asking)).rejects.toMatchObject({ code: 'HolderSilent' });
    expect(lists).toBeGreaterThan(20);
    expect(ec2.snapshot().addresses[0]?.associationId).toBe(held.identity.associationId);
  });

  it('keeps it when no list of live pods ever comes', async () => {
    const { standby, ec2, held } = await build({ isKept: false });
    const asking = requestHandover(
      { pool: 'media', address, by: standby.by, timeoutMs: 10_000, livePodsTimeoutMs: 5 },
      { ec2, clock: new FakeClock(), live: { livePods: () => new Promise(() => {}) } },
    );
    await expect(asking).rejects.toMatchObject({ code: 'HolderSilent' });
    expect(ec2.snapshot().addresses[0]?.associationId).toBe(held.identity.associationId);
  });

  it('is not said to have handed over what a hand has taken off it', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, ec2, held } = world;
    const asking = standby.ask();
    await clock.advance(5000);
    await ec2.disassociateAddress({ associationId: held.identity.associationId });
    const asked = clock.elapsed();
    expect(await clock.run(asking)).toMatchObject({ outcome: 'was-free' });
    // it would have had the time to claim it again
    expect(clock.elapsed() - asked).toBeGreaterThan(80_000);
  });

  it('loses it by force, late, and advertises it on: that is the risk', async () => {
    const world = await build({ isKept: false });
    const { clock, standby } = world;
    const report = await clock.run(standby.ask({ timeoutMs: 10_000, force: 'risk-two-holders' }));
    expect(report.outcome).toBe('forced');
    await expectMoved(world, await standby.ensure());
    expect(await advertisers(world)).toBe(2);
  });
});

describe('a request', () => {
  it('keeps the address for who asked: whoever let it go does not take it back', async () => {
    const world = await build();
    const { clock, standby, pod, ec2 } = world;
    await expect(clock.run(standby.ask())).resolves.toMatchObject({ outcome: 'handed-over' });
    expect(tagsOf(world)).toContain(handoverTagKey);
    const again = clock.run(ensurePublicIdentity(pod.spec, { node: pod.node }));
    await expect(again).rejects.toMatchObject({ code: 'PoolExhausted' });
    expect(ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
    await expectMoved(world, await standby.ensure());
  });

  it('keeps it no longer than its time', async () => {
    const { clock, standby, pod } = await build();
    await clock.run(standby.ask());
    await clock.advance(90_000);
    const again = await clock.run(ensurePublicIdentity(pod.spec, { node: pod.node }));
    expect(again.identity.publicIp).toBe(address);
  });

  it('says so to another one that is to have just that address', async () => {
    const { clock, standby, pod } = await build();
    await clock.run(standby.ask());
    const named = { ...pod.spec, address };
    await expect(clock.run(ensurePublicIdentity(named, { node: pod.node }))).rejects.toMatchObject({
      code: 'AddressUnavailable',
      message: expect.stringContaining('sip/standby-0 has asked for it') as string,
    });
  });

  it('of a standby that died with its claim, before the record, is for what it has', async () => {
    const { clock, standby, ec2, held } = await build({ isKept: false });
    await held.release();
    const privateIp = '10.0.2.129' as Ipv4Address;
    const { allocationId, networkInterfaceId } = held.identity;
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: privateIp });
    const report = await clock.run(standby.ask({ privateIp }));
    expect(report.outcome).toBe('already-ours');
  });

  it('is heeded by nobody once its time is over', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, ec2, held, pod } = world;
    // the standby dies: its request stays
    void standby.ask({ timeoutMs: 5000 }, undefined, dyingAfter(ec2, 1)).catch(() => {});
    await clock.advance(6000);
    expect(tagsOf(world)).toContain(handoverTagKey);
    const events: KeepEvent[] = [];
    const keeping = await held.keep({ intervalMs, onEvent: (event) => void events.push(event) });
    await clock.advance(10 * intervalMs);
    expect(events).toEqual([]);
    expect(await pod.publisher.current()).toEqual(held.identity);
    await keeping.close();
  });

  it('that was left, and whose time is over, is deleted by the next handover', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, ec2, held } = world;
    void standby.ask({ timeoutMs: 5000 }, undefined, dyingAfter(ec2, 1)).catch(() => {});
    await clock.advance(6000);
    await held.release();
    expect(tagsOf(world)).toContain(handoverTagKey);
    await expect(clock.run(standby.ask())).resolves.toMatchObject({ outcome: 'was-free' });
    expect(tagsOf(world)).not.toContain(handoverTagKey);
  });

  it('for another hold is heeded by nobody', async () => {
    const world = await build();
    const { clock, ec2, held, events } = world;
    const value = 'test/sip/standby-0/uid-standby/eipassoc-00000000000000099/9999999999';
    const resources = [held.identity.allocationId];
    await ec2.createTags({ resources, tags: [{ key: handoverTagKey, value }] });
    await clock.advance(3 * intervalMs);
    expect(events).toEqual([]);
  });

  it.each<[string, Partial<HandoverRequest>, string]>([
    ['an address that the pool has not', { address: '203.0.113.99' }, 'AddressUnavailable'],
  ])('for %s is refused', async (_what, change, code) => {
    const { clock, standby } = await build();
    await expect(clock.run(standby.ask(change))).rejects.toMatchObject({ code });
  });

  it('for one that somebody has associated by hand is refused, be it with force', async () => {
    const { clock, standby, ec2, held } = await build({ isKept: false });
    await held.release();
    const [media] = ec2.snapshot().networkInterfaces.filter(({ subnetId }) => subnetId !== '');
    await ec2.associateAddress({
      allocationId: held.identity.allocationId,
      networkInterfaceId: media?.networkInterfaceId ?? '',
    });
    const asking = standby.ask({ force: 'risk-two-holders' }, onlyStandby);
    await expect(clock.run(asking)).rejects.toMatchObject({ code: 'HolderUnknown' });
  });

  it('ends when it is aborted, and asks no more', async () => {
    const world = await build({ isKept: false });
    const { clock, standby, ec2 } = world;
    const stop = new AbortController();
    const asking: Promise<HandoverReport> = requestHandover(
      { pool: 'media', address, by: standby.by },
      { ec2, clock, signal: stop.signal },
    );
    asking.catch(() => {});
    await clock.advance(3000);
    expect(tagsOf(world)).toContain(handoverTagKey);
    stop.abort();
    await expect(asking).rejects.toMatchObject({ code: 'Aborted' });
    expect(tagsOf(world)).not.toContain(handoverTagKey);
    expect(clock.waiting).toBe(0);
  });
});
