import { describe, expect, it, vi } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import { Ec2CallError } from './cloud/ec2/ec2-call-error.ts';
import type { LivePod, Liveness, LivePods } from './cloud/liveness.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { ownerTagKey, poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import type { ReapRequest } from './reap-request.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './testing/simulated-ec2/simulated-ec2.ts';

const pool = 'media';
const region = 'eu-central-1';
const minute = 60_000;

class SettableClock extends FakeClock {
  offByMs = 0;

  override now(): number {
    return super.now() + this.offByMs;
  }
}

/** A pool of ten on one ENI, one route table, a clock of its own, and a reaper that remembers its last pass. */
function build(options: Partial<SimulatedEc2Options> = {}, clock = new FakeClock()) {
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const eni = ec2.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false });
  for (let index = 0; index < 10; index++) ec2.allocateAddress({ tags: { [poolTagKey]: pool } });
  let earlier: readonly OrphanSighting[] = [];
  const hold = (name: string, { uid = `uid-${name}`, address = {} } = {}) =>
    directGrant({ ec2, clock }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: name, uid },
        ...address,
        pool,
        region,
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [routeTableId] },
      }),
      link: { macAddress: eni.macAddress, privateIp: ipOf(name) },
      onClaimed: async () => {},
    });
  const pass = async (
    live: () => LivePods | Promise<LivePods>,
    more: Partial<ReapRequest> = {},
  ): Promise<ReapReport> => {
    const request = { pool, live: { livePods: async () => live() }, earlier, ...more };
    const report = await reapOrphans(request, { ec2, clock });
    // as it would come back from a file
    earlier = JSON.parse(JSON.stringify(report.sightings)) as OrphanSighting[];
    return report;
  };
  const held = (): number =>
    ec2.snapshot().addresses.filter(({ associationId }) => associationId !== undefined).length;
  return { clock, ec2, hold, pass, held, eni };
}

/** `pod-7` has 10.0.2.107. */
function ipOf(name: string): Ipv4Address {
  return `10.0.2.${100 + Number(name.split('-')[1])}` as Ipv4Address;
}

function alive(...names: string[]): () => LivePods {
  const pods: LivePod[] = names.map((name) => ({ uid: `uid-${name}`, privateIps: [ipOf(name)] }));
  return () => ({ complete: true, pods });
}

const incomplete = (): LivePods => ({ complete: false, pods: [] });
const nobody = alive();

describe('two passes and a grace age', () => {
  it('the first pass takes nothing, one within the grace age neither, the next one all', async () => {
    const { clock, ec2, hold, pass, held } = build();
    const fresh = ec2.snapshot();
    await hold('pod-1');
    const first = await pass(nobody);
    expect(first).toMatchObject({ outcome: { kind: 'finished' }, planned: [], applied: [] });
    expect(first.waiting[0]?.what).toContain('10.0.2.101');
    expect(first.waiting[0]?.why).toContain('for 0 of 300 s');
    clock.advance(5 * minute - 1);
    expect((await pass(nobody)).applied).toEqual([]);
    expect(held()).toBe(1);
    clock.advance(1);
    const last = await pass(nobody);
    expect(last.applied).toHaveLength(4);
    expect(last.sightings).toEqual([]);
    expect(ec2.snapshot()).toEqual(fresh);
  });

  it('what the next pod of a private IP left, which came and died during the pass, waits for its own', async () => {
    const { clock, ec2, hold, pass, held } = build();
    const { publicIp: address } = await hold('pod-1');
    await pass(nobody);
    clock.advance(5 * minute);
    let lists = 0;
    const report = await pass(async () => {
      lists += 1;
      if (lists === 1) await hold('pod-1', { uid: 'uid-next', address: { address } });
      return nobody();
    });
    expect(lists).toBe(2);
    expect(report).toMatchObject({ applied: [], failed: [] });
    const left = ec2.snapshot();
    expect((await pass(nobody)).waiting[0]?.why).toContain('for 0 of 300 s');
    expect(ec2.snapshot()).toEqual(left);
    clock.advance(5 * minute);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('a pass that sees the owner alive begins anew', async () => {
    const { clock, hold, pass, held } = build();
    await hold('pod-1');
    for (const live of [nobody, alive('pod-1'), nobody]) {
      clock.advance(5 * minute);
      expect((await pass(live)).applied).toEqual([]);
    }
    clock.advance(5 * minute);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('a pass that sees the owner alive only later, while it takes away something else, begins anew too', async () => {
    const { clock, hold, pass, held } = build();
    await hold('pod-1');
    await pass(nobody);
    clock.advance(5 * minute);
    await hold('pod-2');
    const lists = [nobody(), alive('pod-2')()];
    const later = await pass(() => lists.shift() ?? nobody());
    expect(held()).toBe(1);
    expect(later.sightings).toEqual([]);
    clock.advance(5 * minute);
    expect((await pass(nobody)).applied).toEqual([]);
    clock.advance(5 * minute);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('so does what a pod leaves that was on a list while something else was taken away, and on the next no more', async () => {
    const { clock, ec2, hold, pass, held } = build();
    // what comes first in the pool is taken away first
    const [first, second] = ec2.snapshot().addresses.map(({ publicIp }) => publicIp);
    await hold('pod-1', { address: { address: first } });
    await hold('pod-2', { address: { address: second } });
    await pass(nobody);
    clock.advance(5 * minute);
    // on the second one's private IP; describes show neither its claim nor its record
    const began: LivePod = { uid: 'uid-next', privateIps: [ipOf('pod-2')] };
    const lists = [nobody(), { complete: true, pods: [began] }];
    const { applied, sightings } = await pass(() => lists.shift() ?? nobody());
    expect(applied).toHaveLength(4);
    expect(held()).toBe(1);
    expect(sightings).toEqual([]);
    clock.advance(5 * minute);
    expect((await pass(nobody)).waiting[0]?.why).toContain('for 0 of 300 s');
    clock.advance(5 * minute);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('another association of the same address begins anew', async () => {
    const { clock, ec2, hold, pass, held } = build();
    const grant = await hold('pod-1');
    await pass(nobody);
    clock.advance(5 * minute);
    await ec2.disassociateAddress({ associationId: grant.associationId });
    expect((await hold('pod-1')).allocationId).toBe(grant.allocationId);
    expect((await pass(nobody)).applied).toEqual([]);
    expect(held()).toBe(1);
  });

  it('what the next dead pod left of the same free address begins anew', async () => {
    const { clock, ec2, hold, pass } = build();
    const { allocationId, associationId } = await hold('pod-1');
    await ec2.disassociateAddress({ associationId });
    await pass(nobody);
    clock.advance(5 * minute);
    const [record] = ec2.snapshot().addresses.flatMap(({ tags }) => tags.slice(1));
    const value = record?.value.replace('uid-pod-1', 'uid-pod-2') ?? '';
    await ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    expect((await pass(nobody)).applied).toEqual([]);
    clock.advance(5 * minute);
    expect((await pass(nobody)).applied).not.toEqual([]);
  });

  it('a private IP that somebody who died since had assigned waits for its own, though the record of one before names it', async () => {
    const { clock, ec2, hold, pass, eni } = build();
    const place = {
      networkInterfaceId: eni.networkInterfaceId,
      privateIpAddresses: [ipOf('pod-1')],
    };
    const { associationId } = await hold('pod-1');
    await ec2.disassociateAddress({ associationId });
    await ec2.unassignPrivateIpAddresses(place);
    await pass(nobody);
    clock.advance(4 * minute);
    // a pod that came and went between two passes
    await ec2.assignPrivateIpAddresses({ ...place, allowReassignment: false });
    clock.advance(minute);
    expect((await pass(nobody)).applied).toEqual([]);
    clock.advance(5 * minute);
    const { applied } = await pass(nobody);
    expect(applied.map(({ kind }) => kind)).toEqual([
      'delete-route',
      'unassign-private-ip',
      'untag-owner',
    ]);
  });

  it('a clock that was set back makes nothing due early', async () => {
    const { clock, hold, pass, held } = build();
    await hold('pod-1');
    await pass(nobody);
    clock.advance(-60 * minute);
    await pass(nobody);
    clock.advance(4 * minute);
    await pass(nobody);
    expect(held()).toBe(1);
    clock.advance(minute);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('a clock that is set forward, as a node does that booted without the time, makes nothing due early', async () => {
    const clock = new SettableClock();
    const { hold, pass, held } = build({}, clock);
    await hold('pod-1');
    await pass(nobody);
    clock.offByMs = 60 * minute;
    clock.advance(5 * minute - 1);
    const [waiting] = (await pass(nobody)).waiting;
    expect(waiting?.why).toContain('for 299.999 of 300 s');
    clock.advance(1);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('another process goes on with the sightings, by the wall clock', async () => {
    const { clock, ec2, hold, pass, held } = build();
    await hold('pod-1');
    const { sightings } = await pass(nobody);
    clock.advance(5 * minute);
    const restarted = new FakeClock(clock.now());
    const request = { pool, live: { livePods: async () => nobody() } };
    await reapOrphans({ ...request, earlier: [] }, { ec2, clock: restarted });
    expect(held()).toBe(1);
    await reapOrphans({ ...request, earlier: sightings }, { ec2, clock: restarted });
    expect(held()).toBe(0);
  });

  it('what is beyond the cap waits, and keeps its age', async () => {
    const { clock, hold, pass, held } = build();
    for (const name of ['pod-1', 'pod-2', 'pod-3']) await hold(name);
    await pass(nobody);
    clock.advance(5 * minute);
    expect((await pass(nobody, { cap: 2 })).waiting).toHaveLength(1);
    expect(held()).toBe(1);
    expect((await pass(nobody, { cap: 2 })).waiting).toEqual([]);
    expect(held()).toBe(0);
  });
});

describe('the brake', () => {
  it.each<[string, () => LivePods | Promise<LivePods>, RegExp]>([
    ['is incomplete', incomplete, /may be incomplete/],
    ['cannot be had', () => Promise.reject(new Error('connection refused')), /connection refused/],
  ])('ends a pass whose list of live pods %s, and forgets nothing', async (_what, live, said) => {
    const { clock, ec2, hold, pass, held } = build();
    await hold('pod-1');
    await pass(nobody);
    clock.advance(5 * minute);
    ec2.calls.clear();
    const braked = await pass(live);
    expect(braked).toMatchObject({
      outcome: { kind: 'braked', error: { code: 'OwnersUnknown', retry: 'later' } },
      planned: [],
    });
    const { outcome } = braked;
    expect(outcome.kind === 'braked' && outcome.error.message).toMatch(said);
    expect(braked.spared[0]?.why).toMatch(/may be incomplete/);
    expect(ec2.calls.countWrites()).toBe(0);
    await pass(nobody);
    expect(held()).toBe(0);
  });

  it('ends a pass in which more than half, and more than five, look orphaned', async () => {
    const { ec2, hold, pass, held } = build();
    const names = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => `pod-${number}`);
    for (const name of names) await hold(name);
    ec2.calls.clear();
    const braked = await pass(alive(...names.slice(0, 4)), { graceMs: 0 });
    expect(braked.outcome).toMatchObject({ kind: 'braked', error: { code: 'TooManyOrphans' } });
    expect(braked.planned).toHaveLength(6 * 4);
    expect(braked.applied).toEqual([]);
    expect(ec2.calls.countWrites()).toBe(0);
    expect((await pass(alive(...names.slice(0, 5)), { graceMs: 0 })).outcome.kind).toBe('finished');
    expect(held()).toBe(5);
    // five never brake, though they are all there is
    expect((await pass(nobody, { graceMs: 0 })).outcome.kind).toBe('finished');
    expect(held()).toBe(0);
  });

  it('is let go by hand', async () => {
    const { hold, pass, held } = build();
    for (const number of [1, 2, 3, 4, 5, 6]) await hold(`pod-${number}`);
    expect((await pass(nobody, { graceMs: 0 })).outcome.kind).toBe('braked');
    const options = { graceMs: 0, brakeShare: 1 };
    expect((await pass(nobody, options)).outcome.kind).toBe('finished');
    expect(held()).toBe(0);
  });

  it('ends a pass whose list becomes incomplete in the middle, and tells what was done', async () => {
    const { hold, pass, held } = build();
    await hold('pod-1');
    await hold('pod-2');
    let asked = 0;
    // one look for the plan, five for the first orphan's four steps
    const live = (): LivePods => (++asked > 6 ? incomplete() : nobody());
    const report = await pass(live, { graceMs: 0 });
    expect(report.outcome).toMatchObject({ kind: 'braked', error: { code: 'OwnersUnknown' } });
    expect(report.applied).toHaveLength(4);
    expect(report.sightings).toHaveLength(1);
    expect(held()).toBe(1);
  });
});

describe('a pass that is cut short', () => {
  it.each<[string, (built: ReturnType<typeof build>, stop: AbortController) => void, string]>([
    ['is refused a read', ({ ec2 }) => ec2.denyActions(['DescribeAddresses']), 'AccessDenied'],
    ['is aborted', (_built, stop) => stop.abort(), 'Aborted'],
  ])('because it %s tells what it did before', async (_what, cut, code) => {
    const built = build();
    const { ec2, hold, pass, held } = built;
    await hold('pod-1');
    await hold('pod-2');
    const stop = new AbortController();
    const end = ec2.onChange(({ kind }) => {
      if (kind === 'address-disassociated') cut(built, stop);
    });
    const report = await pass(nobody, { graceMs: 0, signal: stop.signal });
    expect(report.outcome).toMatchObject({ kind: 'interrupted', error: { code } });
    expect(report.applied.map(({ kind }) => kind)).toEqual([
      'delete-route',
      'disassociate-address',
    ]);
    expect(report.sightings).toHaveLength(2);
    expect(held()).toBe(1);
    end();
    ec2.denyActions([]);
    await pass(nobody, { graceMs: 0 });
    expect(held()).toBe(0);
  });
});

it('describes of an address and of its ENI that are both from before a claim cost it no route', async () => {
  const reads = { lagMs: { addresses: 2000, networkInterfaces: 2000 } };
  const { clock, ec2, hold, pass, eni } = build({ reads });
  const earlier = await hold('pod-1');
  clock.advance(minute);
  await ec2.disassociateAddress({ associationId: earlier.associationId });
  clock.advance(minute);
  await pass(alive('pod-1'));
  clock.advance(6 * minute);
  const grant = await hold('pod-1');
  expect(grant.publicIp).toBe(earlier.publicIp);
  const report = await pass(alive('pod-1'));
  expect(report.applied).toEqual([]);
  const routes = ec2.snapshot().routeTables.flatMap((table) => table.routes);
  expect(routes).toContainEqual({
    destinationCidrBlock: `${grant.publicIp}/32`,
    networkInterfaceId: eni.networkInterfaceId,
    state: 'active',
  });
});

describe('orphans that cannot be taken away', () => {
  it('wait behind the others, so that a cap starves nobody, and are tried again', async () => {
    const { clock, ec2, hold, pass, held } = build();
    for (const name of ['pod-1', 'pod-2', 'pod-3', 'pod-4']) await hold(name);
    await pass(nobody);
    clock.advance(5 * minute);
    const all = ec2.snapshot().addresses.flatMap(({ associationId }) => associationId ?? []);
    const stillStuck = new Set(all.slice(0, 2));
    const disassociate = vi.spyOn(ec2, 'disassociateAddress');
    disassociate.mockImplementation(async ({ associationId }) => {
      expect(stillStuck).toContain(associationId);
      throw new Ec2CallError({
        action: 'DisassociateAddress',
        ec2Code: 'UnauthorizedOperation',
        message: 'no',
        httpStatus: 403,
      });
    });
    const first = await pass(nobody, { cap: 2 });
    expect(first.failed.map(({ error }) => error.code)).toEqual(['AccessDenied', 'AccessDenied']);
    expect(first.sightings.filter(({ failures }) => failures === 1)).toHaveLength(2);
    disassociate.mockRestore();
    // the two others, and only then those two again
    expect((await pass(nobody, { cap: 2 })).failed).toEqual([]);
    const left = ec2.snapshot().addresses.flatMap(({ associationId }) => associationId ?? []);
    expect(new Set(left)).toEqual(stillStuck);
    await pass(nobody, { cap: 2 });
    expect(held()).toBe(0);
  });
});

const never = (): Promise<LivePods> => new Promise(() => {});

describe('a list of live pods that never comes', () => {
  it('is as good as none: the pass brakes, and what was seen before stays seen', async () => {
    const { clock, hold, pass, held } = build();
    await hold('pod-1');
    const { sightings } = await pass(nobody);
    clock.advance(5 * minute);
    const report = await pass(never, { livePodsTimeoutMs: 20 });
    expect(report.outcome).toMatchObject({
      kind: 'braked',
      error: { code: 'OwnersUnknown', message: expect.stringContaining('within 20 ms') as string },
    });
    expect(report.sightings).toEqual(sightings);
    expect(held()).toBe(1);
  });

  it('nor just before something is taken away', async () => {
    const { clock, hold, pass, held } = build();
    await hold('pod-1');
    await pass(nobody);
    clock.advance(5 * minute);
    let asked = 0;
    const once = (): LivePods | Promise<LivePods> => (asked++ === 0 ? nobody() : never());
    const { outcome, applied } = await pass(once, { livePodsTimeoutMs: 20 });
    expect(outcome).toMatchObject({ kind: 'braked', error: { code: 'OwnersUnknown' } });
    expect([applied, held()]).toEqual([[], 1]);
  });

  it('is waited for no longer when the pass is told to stop; who makes it is told so too', async () => {
    const { ec2, clock, hold, held } = build();
    await hold('pod-1');
    const stop = new AbortController();
    const given: (AbortSignal | undefined)[] = [];
    const live: Liveness = {
      livePods: ({ signal } = {}) => {
        given.push(signal);
        setImmediate(() => stop.abort());
        return never();
      },
    };
    const report = await reapOrphans({ pool, live, signal: stop.signal }, { ec2, clock });
    expect(report.outcome).toMatchObject({ kind: 'interrupted', error: { code: 'Aborted' } });
    expect(given.map((signal) => signal?.aborted)).toEqual([true]);
    expect(held()).toBe(1);
  });
});

const onStep = (): unknown => Promise.reject(new Error('of the listener'));

it('a step listener that fails later ends nothing', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const { ec2, clock, hold, held } = build();
  await hold('pod-1');
  const live = { livePods: async () => nobody() };
  await reapOrphans({ pool, live, graceMs: 0 }, { ec2, clock, onStep });
  expect(held()).toBe(0);
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ message: 'of the listener' }));
  warn.mockRestore();
});
