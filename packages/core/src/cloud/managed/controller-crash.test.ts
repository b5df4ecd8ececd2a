import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import { parseIpv4Address } from '../../identity/address.ts';
import { formatOwnerTag, ownerTagKey } from '../../identity/owner.ts';
import { dieAtEachWrite } from '../../testing/die-at-each-write.ts';
import { claimsAround, ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { MemoryLease } from '../../testing/memory-lease.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import { describeLagMs } from '../maintain/judge-claim.ts';
import { fenceClaims, fenceEc2 } from './fence-writes.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

type Scope = 'eni' | 'privateIp';
const scopes: readonly Scope[] = ['eni', 'privateIp'];

const lag = { addresses: [0, 5000], networkInterfaces: [0, 5000], routeTables: [0, 5000] } as const;

function ensure(pod: ManagedPod): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node });
}

function twoOnOneInterface(built: ManagedRegion): ManagedPod[] {
  return [built.pod('gateway-0'), built.pod('gateway-1')];
}

/** Every pod has the address that it was told, and nobody else has it. */
function expectAllTrue(
  built: ManagedRegion,
  pods: readonly ManagedPod[],
  held: readonly HeldIdentity[],
): void {
  const told = held.map(({ identity }) => identity.publicIp);
  expect(new Set(told).size).toBe(pods.length);
  expect(pods.map((pod) => built.carriedBy(pod))).toEqual(told);
}

/** A life of two pods on one interface. */
async function live(built: ManagedRegion): Promise<void> {
  const pods = twoOnOneInterface(built);
  const held = await built.run(Promise.all(pods.map(ensure)));
  expectAllTrue(built, pods, held);
  for (const each of held) await built.run(each.release());
  await built.clock.advance(2 * describeLagMs);
  expect(await built.claims.list()).toEqual([]);
  expect(built.leftInEc2()).toEqual([]);
}

/** A pod gets the only address, which another pod of the node still has on its link, until that one's next process asks for it. */
async function liveWithARefusal(built: ManagedRegion): Promise<void> {
  const [pod, other] = twoOnOneInterface(built);
  if (pod === undefined || other === undefined) throw new Error('two pods');
  const publicIp = '203.0.113.1';
  other.kernel.addAddress('net1', `${publicIp}/32`, 'link');
  const asked = ensure(pod);
  await built.clock.advance(2000);
  const held = await built.run(ensure(other));
  expect(held.identity.publicIp).toBe(publicIp);
  await built.run(held.release());
  const next = await built.run(asked);
  expectAllTrue(built, [pod], [next]);
  await built.run(next.release());
  await built.clock.advance(2 * describeLagMs);
  expect(await built.claims.list()).toEqual([]);
  expect(built.leftInEc2()).toEqual([]);
}

describe.each(scopes)('claims that exclude per %s', (claimScope) => {
  describe.each([
    ['before', false],
    ['after', true],
  ])('a controller that dies %s any of its writes', (_when, isCarriedOut) => {
    it.each([
      // two promises, claims, routes, tags, and their ends, each with its status
      ['', live, 20, 20],
      [', with an address that its pod refuses', liveWithARefusal, 1, 25],
    ])('is gone on for by the next one%s', async (_what, life, addresses, least) => {
      const deaths = await dieAtEachWrite(
        () => (region = new ManagedRegion({ ec2: { claimScope }, addresses })),
        isCarriedOut,
        life,
      );
      expect(deaths).toBeGreaterThan(least);
    });
  });

  it.each([
    'AssignPrivateIpAddresses',
    'AssociateAddress',
    'CreateTags',
    'CreateRoute',
    'ModifyNetworkInterfaceAttribute',
    'DisassociateAddress',
    'UnassignPrivateIpAddresses',
    'DeleteTags',
  ] as const)('an answer of %s that is lost changes nothing', async (action) => {
    const built = new ManagedRegion({ ec2: { claimScope } });
    region = built;
    built.control();
    built.ec2.inject({ action, loseAnswer: true });
    await live(built);
  });

  it('describes that lag, each by its own while, lead to no address twice, and nothing is left', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const built = new ManagedRegion({
        ec2: { claimScope, reads: { lagMs: lag, staleProbability: 0.2, staleMs: 20_000, seed } },
      });
      region = built;
      built.control();
      const pods = Array.from({ length: 6 }, (_, at) => built.pod(`gateway-${at}`));
      const held = await built.run(Promise.all(pods.map(ensure)));
      expectAllTrue(built, pods, held);
      const [first, second, ...others] = held;
      if (!first || !second) throw new Error('two pods');
      await built.run(Promise.all([first.release(), second.release()]));
      // their addresses go to others on the same interface, while describes still show them where they were
      const later = [built.pod('gateway-7'), built.pod('gateway-8')];
      const more = await built.run(Promise.all(later.map(ensure)));
      expectAllTrue(built, [...pods.slice(2), ...later], [...others, ...more]);
      await built.clock.advance(60_000);
      expectAllTrue(built, [...pods.slice(2), ...later], [...others, ...more]);
      await built.close();
    }
  });
});

describe('two controllers', () => {
  it('the one without the lease writes nothing', async () => {
    const built = new ManagedRegion();
    region = built;
    built.control('one', { withLease: false });
    const pod = built.pod('gateway-0');
    const waiting = ensure(pod);
    await built.clock.advance(60_000);
    expect(built.ec2.calls.entries).toEqual([]);
    expect((await built.claims.list())[0]?.status).toBeNull();
    built.lease.grantTo('one');
    await built.run(waiting);
  });

  it('a lease that goes back and forth leads to no address twice', async () => {
    const built = new ManagedRegion();
    region = built;
    built.control('one');
    built.control('two', { withLease: false });
    const pods = Array.from({ length: 8 }, (_, at) => built.pod(`gateway-${at}`));
    const waiting = Promise.all(pods.map(ensure));
    for (let turn = 0; turn < 40; turn++) {
      built.lease.grantTo(['one', undefined, 'two'][turn % 3]);
      await built.clock.advance(70);
    }
    built.lease.grantTo('two');
    expectAllTrue(built, pods, await built.run(waiting));
  });

  it('a write without the lease is not made, a read is', async () => {
    const built = new ManagedRegion();
    region = built;
    const lease = new MemoryLease().of('nobody');
    const fenced = fenceClaims(built.claims, lease);
    built.control('one', { withLease: false });
    const waiting = ensure(built.pod('gateway-0'));
    await built.clock.advance(100);
    const [claim] = await built.claims.list();
    if (claim === undefined) throw new Error('no claim');
    const writes = [
      () => fenced.delete(claim),
      () => fenced.update(claim),
      () => fenced.updateStatus(claim),
      () => fenced.create({ ...claim, name: 'another' }),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({ code: 'LeaseLost' });
    }
    expect(await built.claims.list()).toEqual([claim]);
    built.lease.grantTo('one');
    await built.run(waiting);
    built.lease.grantTo(undefined);
    const before = built.ec2.calls.entries.length;
    const ec2 = fenceEc2(built.ec2, lease);
    const write = ec2.disassociateAddress({ associationId: 'eipassoc-1' });
    await expect(write).rejects.toMatchObject({ code: 'LeaseLost' });
    expect(await ec2.describeAddresses({})).toHaveLength(20);
    const made = built.ec2.calls.entries.slice(before);
    expect(made.map(({ action }) => action)).toEqual(['DescribeAddresses']);
  });

  it('the next one knows from the claims what no describe shows yet, and gives it to nobody else', async () => {
    const built = new ManagedRegion({
      addresses: 2,
      ec2: { reads: { lagMs: { addresses: 120_000, networkInterfaces: 120_000 } } },
    });
    region = built;
    const first = built.control('one');
    await built.clock.advance(121_000);
    const pod = built.pod('gateway-0');
    const held = await built.run(ensure(pod));
    await built.run(first.close());
    const { publicIp } = held.identity;
    built.control('two');
    const other = built.pod('gateway-1');
    const stop = new AbortController();
    const waiting = ensurePublicIdentity(
      { ...other.spec, address: publicIp },
      { node: other.node, signal: stop.signal },
    );
    await built.clock.advance(30_000);
    expect(built.carriedBy(pod)).toBe(publicIp);
    expect(built.carriedBy(other)).toBeUndefined();
    stop.abort();
    await expect(built.run(waiting)).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('the next one believes the claim, not a describe of its address from before it', async () => {
    const built = new ManagedRegion({
      addresses: 1,
      ec2: { reads: { lagMs: { addresses: 120_000 } } },
    });
    region = built;
    // a dead pod's record, on an address that is free
    const { networkInterfaceIds, ec2, clock, claims, lease } = built;
    const [, networkInterfaceId = ''] = networkInterfaceIds;
    const key = { cluster: 'test', namespace: 'sip', pod: 'gateway-9', uid: 'uid-dead' };
    const privateIp = parseIpv4Address('10.0.2.200');
    const record = { owner: key, privateIp, privateIpAssignedByUs: true, networkInterfaceId };
    const resources = ec2.snapshot().addresses.map(({ allocationId }) => allocationId);
    const tags = [{ key: ownerTagKey, value: formatOwnerTag(record) }];
    await ec2.createTags({ resources, tags });
    await clock.advance(121_000);
    const untilClaimed = claimsAround(claims, {
      updateStatus: async (claim) => {
        const written = await claims.updateStatus(claim);
        if (claim.status?.phase.kind === 'claimed') lease.grantTo('two');
        return written;
      },
    });
    built.control('two', { withLease: false });
    built.control('one', { claims: untilClaimed });
    const pod = built.pod('gateway-0');
    const { identity } = await built.run(ensure(pod));
    expect(built.carriedBy(pod)).toBe(identity.publicIp);
    const actions = ec2.calls.entries.map(({ action }) => action);
    expect(actions).not.toContain('DisassociateAddress');
    expect(actions.filter((action) => action === 'AssociateAddress')).toHaveLength(1);
  });

  it('the next one takes off what was put there for a pod that lets go, though no describe shows it', async () => {
    const built = new ManagedRegion({ ec2: { reads: { lagMs: { networkInterfaces: 60_000 } } } });
    region = built;
    await built.clock.advance(61_000);
    const stop = new AbortController();
    built.control('two', { withLease: false });
    const untilAssigned = aroundEc2(built.ec2, async (action, call, make) => {
      const answer = await make(call);
      if (action !== 'AssignPrivateIpAddresses') return answer;
      built.lease.grantTo(undefined);
      stop.abort();
      throw new Error('the controller is gone');
    });
    built.control('one', { ec2: untilAssigned });
    const pod = built.pod('gateway-0');
    const { signal } = stop;
    const asked = ensurePublicIdentity(pod.spec, { node: pod.node, signal });
    await expect(built.run(asked)).rejects.toMatchObject({ code: 'Aborted' });
    expect(built.leftInEc2()).toHaveLength(1);
    built.lease.grantTo('two');
    await built.clock.advance(20_000);
    expect(await built.claims.list()).toEqual([]);
    expect(built.leftInEc2()).toEqual([]);
  });

  it('the next one knows that the private IP was put there, though the promise was made when a describe showed it', async () => {
    const built = new ManagedRegion({ ec2: { reads: { lagMs: { networkInterfaces: 60_000 } } } });
    region = built;
    const { ec2, clock, lease } = built;
    const pod = built.pod('gateway-0');
    const [networkInterfaceId = ''] = built.networkInterfaceIds;
    const privateIpAddresses = [pod.privateIp];
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    await clock.advance(61_000);
    await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    built.control('two', { withLease: false });
    const untilAssigned = aroundEc2(ec2, async (action, call, make) => {
      const answer = await make(call);
      if (action === 'AssignPrivateIpAddresses') lease.grantTo('two');
      return answer;
    });
    built.control('one', { ec2: untilAssigned });
    const held = await built.run(ensure(pod));
    expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
    await clock.advance(120_000);
    await built.run(held.release());
    await clock.advance(120_000);
    expect(built.leftInEc2()).toEqual([]);
  });
});
