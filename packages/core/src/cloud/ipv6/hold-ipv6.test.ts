import { describe, expect, it } from 'vitest';
import type { Clock } from '../../identity/clock.ts';
import { parseIpv6Address } from '../../identity/ipv6-address.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import type { Ec2Action } from '../ec2/ec2-action.ts';
import type { LivePods } from '../liveness.ts';
import { openSession, type CloudSession } from '../observe/cloud-session.ts';
import {
  holdIpv6,
  releaseIpv6,
  undoHoldIpv6,
  type HoldTrace,
  type Ipv6Claim,
} from './hold-ipv6.ts';
import { ipv6RecordsOf, ipv6TagKey } from './ipv6-record.ts';
import { maintainIpv6 } from './maintain-ipv6.ts';

const address = parseIpv6Address('2001:db8:0:202::50');
const owner = (uid: string) => ({ cluster: 'c', namespace: 'n', pod: 'sip-0', uid });
const oldMs = 10 * 60_000;

function build(options: { readonly lagMs?: number } = {}) {
  const clock = new FakeClock();
  const reads =
    options.lagMs === undefined ? {} : { reads: { lagMs: { networkInterfaces: options.lagMs } } };
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...reads });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  const ipv6Cidr = '2001:db8:0:202::/64';
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
  const { instanceId } = ec2.createInstance();
  const [one, other] = [1, 2].map(
    () => ec2.createNetworkInterface({ subnetId, instanceId }).networkInterfaceId,
  ) as [string, string];
  const claim = (uid = 'u1', networkInterfaceId = one): Ipv6Claim => {
    return { owner: owner(uid), pool: 'media/eu', networkInterfaceId, address };
  };
  const session = () => openSession({ ec2, clock });
  const on = (id: string) =>
    ec2.snapshot().networkInterfaces.find(({ networkInterfaceId }) => networkInterfaceId === id);
  const records = (id: string) => ipv6RecordsOf(on(id) ?? { tags: [] }).map(({ value }) => value);
  return { ec2, clock, one, other, claim, session, on, records };
}

const live = (pods: LivePods) => ({ livePods: async () => pods });
const nobody: LivePods = { complete: true, pods: [] };

const held = (claim: Ipv6Claim) => ({ ...claim, assignedByUs: true });
const mayWrite = async () => false;

describe('holdIpv6', () => {
  it('records first, assigns then, and writes nothing again', async () => {
    const { ec2, one, claim, session, on, records } = build();
    expect(await holdIpv6(session(), claim())).toBe(true);
    expect(ec2.calls.entries.map(({ action }) => action)).toEqual([
      'DescribeNetworkInterfaces',
      'CreateTags',
      'AssignIpv6Addresses',
    ]);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
    ec2.calls.clear();
    expect(await holdIpv6(session(), claim(), { isStanding: true })).toBe(true);
    expect(ec2.calls.countWrites()).toBe(0);
  });

  it('believes no describe that what was given back is there still', async () => {
    const { clock, one, claim, session, on, records } = build({ lagMs: 60_000 });
    await holdIpv6(session(), claim());
    clock.advance(120_000);
    await releaseIpv6(session(), claim());
    expect(await holdIpv6(session(), claim())).toBe(true);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
  });

  it('takes a lost answer for done, and for its own', async () => {
    const { ec2, claim, session } = build();
    ec2.inject({ action: 'AssignIpv6Addresses', loseAnswer: true });
    expect(await holdIpv6(session(), claim())).toBe(true);
  });

  it('leaves no record on what a stale describe did not show to be another’s', async () => {
    const { ec2, one, claim, session, on, records } = build();
    await ec2.assignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    ec2.inject({ action: 'DescribeNetworkInterfaces', staleByChanges: 1 });
    expect(await holdIpv6(session(), claim())).toBe(false);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual([]);
  });

  it('knows what a dead process of the pod assigned by its record, though a stale describe shows the record only', async () => {
    const { ec2, one, claim, session, records } = build();
    await holdIpv6(session(), claim());
    ec2.inject({ action: 'DescribeNetworkInterfaces', staleByChanges: 1 });
    expect(await holdIpv6(session(), claim())).toBe(true);
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
  });

  it('takes over a record of an earlier pod on the same network interface, and its duty', async () => {
    const { one, claim, session, on, records } = build();
    await holdIpv6(session(), claim('u1'));
    expect(await holdIpv6(session(), claim('u2'))).toBe(true);
    await releaseIpv6(session(), claim('u1'));
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
  });

  it('undone after taking over a record, leaves that as it was; one that stood before stays', async () => {
    const { one, claim, session, on, records } = build();
    await holdIpv6(session(), claim('u1'));
    const standing = session();
    await holdIpv6(standing, claim('u1'));
    await undoHoldIpv6(standing, claim('u1'), {});
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    const taking = session();
    const trace: HoldTrace = {};
    await holdIpv6(taking, claim('u2'), { trace });
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
    await undoHoldIpv6(taking, claim('u2'), trace);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
  });

  it('undone after another pod recorded the address as its own, leaves it to that one', async () => {
    const { one, claim, session, on, records } = build();
    const failing = session();
    const trace: HoldTrace = {};
    await holdIpv6(failing, claim('u1'), { trace });
    await holdIpv6(session(), claim('u2'));
    await undoHoldIpv6(failing, claim('u1'), trace);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
  });

  it('undone after it assigned what a record of another pod spoke of, takes that off, and leaves the record', async () => {
    const { ec2, one, claim, session, on, records } = build();
    await holdIpv6(session(), claim('u1'));
    await ec2.unassignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    const taking = session();
    const trace: HoldTrace = {};
    await holdIpv6(taking, claim('u2'), { trace });
    await undoHoldIpv6(taking, claim('u2'), trace);
    expect(on(one)).not.toHaveProperty('ipv6Addresses');
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
  });

  it.each<[string, LivePods | undefined, RegExp]>([
    ['nobody says who lives', undefined, /holds 2001:db8:0:202::50$/],
    [
      'the list may miss pods',
      { complete: false, pods: [] },
      /list of live pods may be incomplete/,
    ],
    [
      'its pod lives',
      { complete: true, pods: [{ uid: 'u1', privateIps: 'unknown' }] },
      /not taken over from c\/n\/sip-0: its owner u1 lives/,
    ],
  ])('is refused when another network interface has it and %s', async (_why, pods, message) => {
    const { one, other, claim, session, on } = build();
    await holdIpv6(session(), claim('u1', other));
    const holding = holdIpv6(session(), claim('u2', one), pods && { live: live(pods) });
    await expect(holding).rejects.toMatchObject({ code: 'Ipv6AddressHeldElsewhere', message });
    expect(on(other)?.ipv6Addresses).toEqual([address]);
  });

  it('is taken from the network interface of a pod that is proven dead, never of one without a record', async () => {
    const { ec2, one, other, claim, session, on, records } = build();
    await holdIpv6(session(), claim('u1', other));
    expect(await holdIpv6(session(), claim('u2', one), { live: live(nobody) })).toBe(true);
    expect([on(one)?.ipv6Addresses, on(other)?.ipv6Addresses]).toEqual([[address], undefined]);
    expect(records(other)).toEqual([]);
    await releaseIpv6(session(), claim('u2', one));
    await ec2.assignIpv6Addresses({ networkInterfaceId: other, ipv6Addresses: [address] });
    await expect(
      holdIpv6(session(), claim('u3', one), { live: live(nobody) }),
    ).rejects.toMatchObject({
      code: 'Ipv6AddressHeldElsewhere',
    });
  });
});

/** A session in whose first outage, when a call has failed, another pod of the network interface takes the address. */
function taken({ ec2, clock, one }: ReturnType<typeof build>, action: Ec2Action): CloudSession {
  ec2.calls.clear();
  ec2.inject({ action, error: 'InternalError' });
  const wait: Clock['wait'] = async (ms, signal) => {
    if (ec2.calls.count(action) > 0) {
      const tags = [{ key: ipv6TagKey(address), value: 'c/n/sip-0/u2/media/eu' }];
      await ec2.createTags({ resources: [one], tags });
    }
    await clock.wait(ms, signal);
  };
  return openSession({
    ec2,
    clock: { now: () => clock.now(), elapsed: () => clock.elapsed(), wait },
  });
}

describe('when another pod takes the address in an outage', () => {
  it('a release leaves it to that one', async () => {
    const built = build();
    const { one, claim, session, on, records } = built;
    await holdIpv6(session(), claim('u1'));
    await releaseIpv6(taken(built, 'UnassignIpv6Addresses'), claim('u1'));
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
  });

  it('a keep that puts its record back does not write it over that one’s', async () => {
    const built = build();
    const { ec2, one, claim, session, records } = built;
    await holdIpv6(session(), claim('u1'));
    await ec2.deleteTags({ resources: [one], tags: [{ key: ipv6TagKey(address) }] });
    const keeping = maintainIpv6(taken(built, 'CreateTags'), held(claim('u1')), {
      claimAgeMs: oldMs,
    });
    await expect(keeping).rejects.toMatchObject({ code: 'ClaimInDoubt' });
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
  });
});

describe('releaseIpv6', () => {
  it('takes the address off before its record, waits for one that is not shown yet', async () => {
    const { ec2, one, claim, session, on, records } = build({ lagMs: 1000 });
    await holdIpv6(session(), claim());
    ec2.calls.clear();
    await releaseIpv6(session(), claim());
    const writes = ec2.calls.entries.filter(({ action }) => !action.startsWith('Describe'));
    expect(writes.map(({ action }) => action)).toEqual(['UnassignIpv6Addresses', 'DeleteTags']);
    expect(on(one)).not.toHaveProperty('ipv6Addresses');
    expect(records(one)).toEqual([]);
  });

  it('leaves alone what no record shows to be ours', async () => {
    const { ec2, one, claim, session, on } = build();
    await ec2.assignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    await releaseIpv6(session(), claim());
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    const tags = [{ key: ipv6TagKey(address), value: 'c/n/sip-0/u9/media/eu' }];
    await ec2.createTags({ resources: [one], tags });
    await releaseIpv6(session(), claim());
    expect(on(one)?.ipv6Addresses).toEqual([address]);
  });
});

describe('maintainIpv6', () => {
  it('writes nothing when all is in place', async () => {
    const { ec2, claim, session } = build();
    await holdIpv6(session(), claim());
    ec2.calls.clear();
    const state = await maintainIpv6(session(), held(claim()), { claimAgeMs: oldMs });
    expect(state).toEqual({ kind: 'held', repaired: [] });
    expect(ec2.calls.count()).toBe(1);
  });

  it('puts back the address, and the record, that somebody took away', async () => {
    const { ec2, one, claim, session, on, records } = build();
    await holdIpv6(session(), claim());
    await ec2.unassignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    const first = await maintainIpv6(session(), held(claim()), { claimAgeMs: oldMs });
    expect(first).toMatchObject({ kind: 'held', repaired: [{ kind: 'assign-ipv6-address' }] });
    await ec2.deleteTags({ resources: [one], tags: [{ key: ipv6TagKey(address) }] });
    await maintainIpv6(session(), held(claim()), { claimAgeMs: oldMs });
    expect(on(one)?.ipv6Addresses).toEqual([address]);
    expect(records(one)).toEqual(['c/n/sip-0/u1/media/eu']);
  });

  it('puts nothing back that is being given back', async () => {
    const { ec2, one, claim, session, on } = build();
    await holdIpv6(session(), claim());
    await ec2.unassignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    const state = await maintainIpv6(session(), held(claim()), { claimAgeMs: oldMs, mayWrite });
    expect(state).toEqual({ kind: 'let-go' });
    expect(on(one)).not.toHaveProperty('ipv6Addresses');
  });

  it('is lost when another network interface has it, unless that may be from before the claim', async () => {
    const { ec2, one, other, claim, session } = build();
    await holdIpv6(session(), claim());
    await ec2.unassignIpv6Addresses({ networkInterfaceId: one, ipv6Addresses: [address] });
    await ec2.assignIpv6Addresses({ networkInterfaceId: other, ipv6Addresses: [address] });
    const young = maintainIpv6(session(), held(claim()), { claimAgeMs: 1000 });
    await expect(young).rejects.toMatchObject({ code: 'ClaimInDoubt' });
    const state = await maintainIpv6(session(), held(claim()), { claimAgeMs: oldMs });
    expect(state).toEqual({ kind: 'lost', message: `${address} is on ${other}` });
  });

  it('is lost when its record names another pod', async () => {
    const { claim, session } = build();
    await holdIpv6(session(), claim('u1'));
    await holdIpv6(session(), claim('u2'));
    const state = await maintainIpv6(session(), held(claim('u1')), { claimAgeMs: oldMs });
    expect(state).toMatchObject({ kind: 'lost' });
  });
});

describe('a process that starts again while describes show neither record nor address', () => {
  it.each([
    ['takes off what nobody but truetuple can have assigned', true],
    ['leaves there what may be somebody else’s', false],
  ])('%s', async (_what, isOurs) => {
    const { clock, one, claim, session, on, records } = build({ lagMs: 60_000 });
    await holdIpv6(session(), claim());
    expect(await holdIpv6(session(), claim(), { isOurs })).toBe(isOurs);
    expect(records(one)).toEqual(isOurs ? ['c/n/sip-0/u1/media/eu'] : []);
    if (!isOurs) return;
    clock.advance(120_000);
    await releaseIpv6(session(), claim());
    expect(on(one)).not.toHaveProperty('ipv6Addresses');
    expect(records(one)).toEqual([]);
  });
});

describe('a release while describes show neither record nor address', () => {
  it.each([
    ['takes off what stands on the pod’s own link under a young claim', true, []],
    ['leaves the rest to the reaper', false, ['c/n/sip-0/u1/media/eu']],
  ])('%s', async (_what, isYoungOnLink, left) => {
    const { one, claim, session, on, records } = build({ lagMs: 60_000 });
    await holdIpv6(session(), claim());
    await releaseIpv6(session(), claim(), { isYoungOnLink });
    expect(records(one)).toEqual(left);
    expect(on(one)?.ipv6Addresses ?? []).toHaveLength(left.length);
  });

  it('takes nothing of who has written his own record since, and is done twice', async () => {
    const { one, claim, session, on, records } = build();
    await holdIpv6(session(), claim('u1'));
    await releaseIpv6(session(), claim('u1'), { isYoungOnLink: true });
    await releaseIpv6(session(), claim('u1'), { isYoungOnLink: true });
    expect(on(one)).not.toHaveProperty('ipv6Addresses');
    await holdIpv6(session(), claim('u2'));
    await releaseIpv6(session(), claim('u1'), { isYoungOnLink: true });
    expect(records(one)).toEqual(['c/n/sip-0/u2/media/eu']);
    expect(on(one)?.ipv6Addresses).toEqual([address]);
  });
});
