import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity, type EnsureOptions } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import { claimsAround, ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { LivePods } from '../liveness.ts';
import type { IdentityClaim } from './claim.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

function open(...setup: ConstructorParameters<typeof ManagedRegion>): ManagedRegion {
  region = new ManagedRegion(...setup);
  return region;
}

function ensure(pod: ManagedPod, more: EnsureOptions = {}): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node, ...more });
}

function podsOf(built: ManagedRegion, count: number): ManagedPod[] {
  return Array.from({ length: count }, (_, number) =>
    built.pod(`gateway-${number}`, { node: number % 2 === 0 ? 0 : 1 }),
  );
}

/**
 * A pod's link has a public address that no claim is for any more, as a container leaves it that is killed after its claim is let go, and
 * before its link is clean.
 */
async function leaveOnLink(built: ManagedRegion, pod: ManagedPod, by = pod): Promise<string> {
  const lent = await built.run(ensure(by));
  await built.run(lent.release());
  await built.clock.advance(2000);
  const { publicIp } = lent.identity;
  pod.kernel.addAddress('net1', `${publicIp}/32`, 'link');
  return publicIp;
}

describe.each(['eni', 'privateIp'] as const)('claims that exclude per %s', (claimScope) => {
  it('pods that ask at once get an address each, with one call for the private IPs of an interface', async () => {
    const built = open({ ec2: { claimScope } });
    const pods = podsOf(built, 12);
    built.control();
    const held = await built.run(Promise.all(pods.map((pod) => ensure(pod))));
    const publicIps = held.map(({ identity }) => identity.publicIp);
    expect(new Set(publicIps).size).toBe(12);
    expect(pods.map((pod) => built.carriedBy(pod))).toEqual(publicIps);
    const { entries } = built.ec2.calls;
    const count = (action: string): number => entries.filter((one) => one.action === action).length;
    expect(count('AssignPrivateIpAddresses')).toBe(2);
    expect(count('ModifyNetworkInterfaceAttribute')).toBe(2);
    expect(count('AssociateAddress')).toBe(12);
    expect(count('CreateTags')).toBe(12);
    expect(count('CreateRoute')).toBe(24);
    expect(count('DescribeAddresses')).toBeLessThan(6);
  });

  it('what is released goes, and its routes stay for the next holder', async () => {
    const built = open({ ec2: { claimScope }, addresses: 1 });
    built.control();
    const held = await built.run(ensure(built.pod('gateway-0')));
    await built.run(held.release());
    await built.clock.advance(2000);
    expect(await built.claims.list()).toEqual([]);
    expect(built.leftInEc2()).toEqual([]);
    const next = built.pod('another', { node: 1 });
    await built.run(ensure(next));
    const { entries } = built.ec2.calls;
    expect(entries.filter(({ action }) => action === 'DeleteRoute')).toEqual([]);
    expect(entries.filter(({ action }) => action === 'ReplaceRoute')).toHaveLength(2);
  });
});

it('who waits for a full pool gets what another one gives back', async () => {
  const built = open({ addresses: 2 });
  built.control();
  const [first, second, third] = podsOf(built, 3);
  if (!first || !second || !third) throw new Error('three pods');
  const held = await built.run(ensure(first));
  await built.run(ensure(second));
  const waiting = ensure(third);
  await built.clock.advance(20_000);
  const claims = await built.claims.list();
  expect(claims.map(({ status }) => status?.trouble?.code ?? 'none').toSorted()).toContain(
    'PoolExhausted',
  );
  await built.run(held.release());
  const releasedMs = built.clock.elapsed();
  const { identity } = await built.run(waiting);
  expect(built.clock.elapsed() - releasedMs).toBeLessThan(5000);
  expect(identity.publicIp).toBe(held.identity.publicIp);
});

it('an address whose promise takes long to write is promised to nobody else meanwhile', async () => {
  const built = open({ addresses: 1 });
  let writes = 0;
  // only the first one is slow
  const slow = claimsAround(built.claims, {
    updateStatus: async (claim) => {
      if (writes++ === 0) await built.clock.wait(10_000);
      return built.claims.updateStatus(claim);
    },
  });
  built.control('one', { claims: slow });
  const [first, second] = podsOf(built, 2);
  if (!first || !second) throw new Error('two pods');
  const held = ensure(first);
  await built.clock.advance(2000);
  const waiting = ensure(second);
  const { identity } = await built.run(held);
  await built.clock.advance(5000);
  expect(built.carriedBy(first)).toBe(identity.publicIp);
  expect(built.carriedBy(second)).toBeUndefined();
  await built.run((await held).release());
  expect((await built.run(waiting)).identity.publicIp).toBe(identity.publicIp);
});

it('a claim that was given back while the claims were read is not led on by what was known of it before', async () => {
  const built = open();
  const dead = built.pod('gateway-0');
  const asked = dead.start();
  // it gets no further than the promise
  built.ec2.inject({ action: 'AssignPrivateIpAddresses', error: 'InsufficientCidrBlocks' });
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: isGone, resolve: go } = Promise.withResolvers<void>();
  let isFinishing = false;
  const update = async (claim: IdentityClaim): Promise<IdentityClaim> => {
    isFinishing = true;
    await isAsked;
    const gone = await built.claims.update(claim);
    go();
    return gone;
  };
  const livePods = async (): Promise<LivePods> => {
    if (!isFinishing) return built.livePods();
    // the claims are read, and nobody knows any more who lives
    ask();
    await isGone;
    await built.clock.wait(100);
    return { complete: false, pods: [] };
  };
  const claims = claimsAround(built.claims, { update });
  built.control('one', { claims, live: { livePods } });
  void ensure({ ...dead, node: asked.node });
  await built.clock.advance(2000);
  expect((await built.claims.list())[0]?.status?.phase.kind).toBe('promised');
  asked.kill();
  built.remove(dead);
  const successor = built.pod('gateway-0', { uid: 'later', host: 150 });
  await built.run(ensure(successor));
  await built.clock.advance(120_000);
  expect(built.leftInEc2().filter((left) => left.includes(dead.privateIp))).toEqual([]);
  // the first try, which was refused, and what would take off what no describe shows yet
  const asks = built.ec2.calls.entries.filter(({ input }) =>
    JSON.stringify(input).includes(`"${dead.privateIp}"`),
  );
  const actions = ['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'];
  expect(asks.map(({ action }) => action)).toEqual(actions);
});

it('an address that EC2 refused is tried again once it is free, and is nobody’s until then', async () => {
  const built = open({ addresses: 2 });
  const [, elsewhere = ''] = built.networkInterfaceIds;
  const stolen: string[] = [];
  const contested = aroundEc2(built.ec2, async (action, call, make) => {
    if (action === 'AssociateAddress' && stolen.length < 2) {
      const claims = await built.claims.list();
      const promised = claims.flatMap(({ status }) =>
        status?.phase.kind === 'promised' ? [status.phase.promise.allocationId] : [],
      );
      const allocationId = promised.find((id) => !stolen.includes(id)) ?? '';
      stolen.push(allocationId);
      const privateIpAddress = `10.0.2.${240 + stolen.length}`;
      await built.ec2.assignPrivateIpAddresses({
        networkInterfaceId: elsewhere,
        privateIpAddresses: [privateIpAddress],
      });
      const place = { networkInterfaceId: elsewhere, privateIpAddress };
      await built.ec2.associateAddress({ allocationId, ...place, allowReassociation: false });
    }
    return make(call);
  });
  built.control('one', { ec2: contested });
  const [first, second] = podsOf(built, 2);
  if (!first || !second) throw new Error('two pods');
  const waiting = Promise.all([ensure(first), ensure(second)]);
  await built.clock.advance(20_000);
  expect(stolen).toHaveLength(2);
  for (const { associationId = '' } of built.ec2.snapshot().addresses) {
    await built.ec2.disassociateAddress({ associationId });
  }
  await built.clock.advance(60_000);
  const held = await built.run(waiting);
  expect(new Set(held.map(({ identity }) => identity.publicIp)).size).toBe(2);
  expect(built.clock.elapsed()).toBeLessThan(90_000);
});

it('who has to be promised another address still knows that the private IP was put there for him', async () => {
  const built = open({ addresses: 2 });
  const [, elsewhere = ''] = built.networkInterfaceIds;
  let thefts = 0;
  const contested = aroundEc2(built.ec2, async (action, call, make) => {
    if (action === 'AssociateAddress' && thefts++ === 0) {
      const [claim] = await built.claims.list();
      const phase = claim?.status?.phase;
      const allocationId = phase?.kind === 'promised' ? phase.promise.allocationId : '';
      const stolen = { allocationId, networkInterfaceId: elsewhere };
      await built.ec2.associateAddress({ ...stolen, allowReassociation: false });
    }
    return make(call);
  });
  built.control('one', { ec2: contested });
  const held = await built.run(ensure(built.pod('gateway-0')));
  expect(held.identity.privateIpAssignedByUs).toBe(true);
  await built.run(held.release());
  await built.clock.advance(5000);
  expect(built.leftInEc2()).toHaveLength(1);
});

it('a process that starts again finds its own claim, and keeps its address', async () => {
  const built = open();
  built.control();
  const pod = built.pod('gateway-0');
  const first = await built.run(ensure(pod));
  const writes = built.ec2.calls.entries.length;
  const second = await built.run(ensure(pod));
  expect(second.identity).toEqual(first.identity);
  expect(built.ec2.calls.entries.length).toBe(writes);
});

it('an address that another pod of the node has on its link goes back, and another one comes', async () => {
  const built = open({ addresses: 2 });
  built.control();
  const [pod, other] = [built.pod('gateway-0'), built.pod('gateway-1')];
  const publicIp = await leaveOnLink(built, other, pod);
  const held = await built.run(ensure(pod));
  expect(held.identity.publicIp).not.toBe(publicIp);
  await built.run(held.release());
  await built.clock.advance(2000);
  expect(built.leftInEc2()).toEqual([]);
});

it('an address that its pod cannot have, and none can replace, goes to the pod that has it on its link', async () => {
  const built = open({ addresses: 1 });
  built.control();
  const [pod, other] = [built.pod('gateway-0'), built.pod('gateway-1')];
  const publicIp = await leaveOnLink(built, other);
  const asked = ensure(pod);
  await built.clock.advance(3000);
  expect(built.leftInEc2()).toEqual([]);
  const [waits] = await built.claims.list();
  expect(waits?.status).toMatchObject({
    phase: { kind: 'waiting' },
    trouble: { code: 'PoolExhausted' },
  });
  // its next process
  const held = await built.run(ensure(other));
  expect(held.identity.publicIp).toBe(publicIp);
  await built.clock.advance(60_000);
  expect(built.carriedBy(pod)).toBeUndefined();
  await built.run(held.release());
  const { identity } = await built.run(asked);
  expect(built.carriedBy(pod)).toBe(identity.publicIp);
});

it('what its pod cannot have is free for a pod of another node, and is asked for every ten seconds', async () => {
  const built = open({ addresses: 1 });
  built.control();
  const [pod, other] = [built.pod('gateway-0'), built.pod('gateway-1')];
  const publicIp = await leaveOnLink(built, other);
  const before = built.ec2.calls.entries.length;
  const asked = ensure(pod).catch((error: unknown) => error);
  await built.clock.advance(59_000);
  const claims = built.ec2.calls.entries
    .slice(before)
    .filter(({ action }) => action === 'AssociateAddress');
  expect(claims).toHaveLength(6);
  const held = built.run(ensure(built.pod('elsewhere', { node: 1 })));
  expect((await held).identity.publicIp).toBe(publicIp);
  await built.clock.advance(10 * 60_000);
  expect(await asked).toMatchObject({ code: 'NotGranted' });
});

it('a granted address that its pod refuses goes back with its routes left, and another one comes', async () => {
  const built = open();
  built.control();
  const pod = built.pod('gateway-0');
  const { identity } = await built.run(ensure(pod));
  const [claim] = await built.claims.list();
  if (claim === undefined) throw new Error('a claim');
  const refused = [identity.allocationId];
  await built.claims.update({ ...claim, spec: { ...claim.spec, refused, readyFor: null } });
  await built.clock.advance(5000);
  const carried = built.carriedBy(pod);
  expect(carried).toBeDefined();
  expect(carried).not.toBe(identity.publicIp);
  const { entries } = built.ec2.calls;
  expect(entries.filter(({ action }) => action === 'DeleteRoute')).toEqual([]);
});

describe('rights', () => {
  it('a controller that may not claim tries no address after the other, and tells every pod at once', async () => {
    const built = open();
    const pods = podsOf(built, 6);
    built.ec2.denyActions(['AssociateAddress']);
    built.control();
    const outcomes = built.run(Promise.allSettled(pods.map((pod) => ensure(pod))));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'AccessDenied' } });
    }
    const tried = built.ec2.calls.entries.filter(({ action }) => action === 'AssociateAddress');
    // two on each network interface
    expect(tried).toHaveLength(4);
    expect(built.clock.elapsed()).toBeLessThan(5000);
    built.ec2.denyActions([]);
    await built.clock.advance(60_000);
    await built.run(ensure(pods[0] as ManagedPod));
    expect(built.carriedBy(pods[0] as ManagedPod)).toBeDefined();
  });
});

describe('who holds a claim', () => {
  it('what a pod that was killed held is given back once it is missing for the grace', async () => {
    const built = open();
    built.control('one', { options: { graceMs: 60_000 } });
    const pod = built.pod('gateway-0');
    await built.run(ensure(pod));
    built.unlist(pod);
    await built.clock.advance(45_000);
    expect(built.carriedBy(pod)).toBeDefined();
    await built.clock.advance(60_000);
    expect(await built.claims.list()).toEqual([]);
    expect(built.leftInEc2()).toEqual([]);
  });

  it('a claim that gets nowhere goes with its pod, although it rests whenever a full pass comes', async () => {
    const built = open();
    const pod = built.pod('gateway-0');
    const { networkInterfaces } = built.ec2.snapshot();
    const eni = networkInterfaces.find(
      (one) => one.networkInterfaceId === built.networkInterfaceIds[0],
    );
    built.ec2.setInstanceState({
      instanceId: eni?.attachment?.instanceId ?? '',
      state: 'terminated',
    });
    // so that a try fails, and its rest ends, after the pass that it began in
    const slow = aroundEc2(built.ec2, (_action, call, make) =>
      built.clock.wait(100).then(() => make(call)),
    );
    built.control('one', { ec2: slow, options: { graceMs: 60_000 } });
    const process = pod.start();
    void ensurePublicIdentity(pod.spec, { node: process.node });
    await built.clock.advance(45_000);
    expect((await built.claims.list())[0]?.status?.trouble).toMatchObject({ retry: 'later' });
    process.kill();
    built.remove(pod);
    await built.clock.advance(150_000);
    expect(await built.claims.list()).toEqual([]);
  });

  it('a pod that died while it waited leaves nothing', async () => {
    const built = open();
    const pod = built.pod('gateway-0');
    const stop = new AbortController();
    const waiting = ensure(pod, { signal: stop.signal });
    await built.clock.advance(500);
    // SIGKILL: nothing of the process runs any more, as far as the store can tell
    built.claims.isReachable = false;
    stop.abort();
    await built.run(waiting.catch(() => {}));
    built.claims.isReachable = true;
    built.unlist(pod);
    built.control('one', { options: { graceMs: 10_000 } });
    await built.clock.advance(120_000);
    expect(await built.claims.list()).toEqual([]);
    expect(built.leftInEc2()).toEqual([]);
  });

  it.each([
    [
      'the list may miss pods',
      (built: ManagedRegion, pod: ManagedPod) => {
        built.unlist(pod);
        built.isListComplete = false;
      },
    ],
    ['the pod is listed', () => {}],
  ])('nothing is taken from a pod that may live: %s', async (_what, change) => {
    const built = open();
    built.control('one', { options: { graceMs: 10_000 } });
    const pod = built.pod('gateway-0');
    const { identity } = await built.run(ensure(pod));
    change(built, pod);
    const [claim] = await built.claims.list();
    if (claim !== undefined) await built.claims.delete(claim);
    await built.clock.advance(600_000);
    expect(built.carriedBy(pod)).toBe(identity.publicIp);
    expect(await built.claims.list()).toHaveLength(1);
  });

  it.each([
    ['on the same node', 0, 0],
    ['on another one', 1, 0],
    ['on another one, with describes behind', 1, 5000],
  ] as const)(
    'a successor of the same name %s gets the address within three seconds of asking',
    async (_where, node, behindMs) => {
      const lagMs = { addresses: behindMs, networkInterfaces: behindMs, routeTables: behindMs };
      const built = open({ ec2: { reads: { lagMs } } });
      built.control();
      const old = built.pod('gateway-0');
      const { identity } = await built.run(ensure(old));
      await built.clock.advance(120_000);
      built.remove(old);
      const heir = built.pod('gateway-0', { uid: 'uid-later', node, host: 200 });
      const begunMs = built.clock.elapsed();
      const held = await built.run(ensure(heir));
      expect(held.identity.publicIp).toBe(identity.publicIp);
      expect(built.clock.elapsed() - begunMs).toBeLessThan(3000);
      await built.clock.advance(2000);
      expect(await built.claims.list()).toHaveLength(1);
      await built.run(held.release());
      await built.clock.advance(5000 + 4 * behindMs);
      expect(built.leftInEc2()).toEqual([]);
    },
  );

  it('a pod of another name on a dead one’s private IP clears it, and takes over the duty to take it off', async () => {
    const built = open();
    built.control('one', { options: { graceMs: 30_000 } });
    const dead = built.pod('gateway-0');
    await built.run(ensure(dead));
    built.remove(dead);
    const next = built.pod('other', { host: Number(dead.privateIp.split('.')[3]) });
    const held = await built.run(ensure(next));
    expect(built.carriedBy(next)).toBe(held.identity.publicIp);
    await built.clock.advance(120_000);
    expect(await built.claims.list()).toHaveLength(1);
    expect(built.carriedBy(next)).toBe(held.identity.publicIp);
    await built.run(held.release());
    await built.clock.advance(5000);
    expect(built.leftInEc2()).toEqual([]);
  });

  it('of two claims for one link that a controller finds at once the dead pod’s takes nothing from the other', async () => {
    const built = open();
    const dead = built.pod('gateway-0');
    const asked = dead.start();
    void ensure({ ...dead, node: asked.node });
    await built.clock.advance(1000);
    asked.kill();
    built.remove(dead);
    const next = built.pod('gateway-0', {
      uid: 'next',
      host: Number(dead.privateIp.split('.')[3]),
    });
    const waiting = ensure(next);
    await built.clock.advance(1000);
    expect(await built.claims.list()).toHaveLength(2);
    // the list is behind
    const late = built.listed.splice(0);
    built.listed.push({ uid: dead.uid, privateIps: 'unknown', createdAtMs: 0 });
    built.control('one', { options: { graceMs: 30_000 } });
    const held = await built.run(waiting);
    built.listed.splice(0, 1, ...late);
    await built.clock.advance(120_000);
    expect(built.carriedBy(next)).toBe(held.identity.publicIp);
    expect(await built.claims.list()).toHaveLength(1);
    const { entries } = built.ec2.calls;
    const count = (action: string): number => entries.filter((one) => one.action === action).length;
    expect(count('AssociateAddress')).toBe(1);
    expect(count('DisassociateAddress')).toBe(0);
  });

  it('a pod that asks again right after it let go holds what EC2 says, not what a describe still shows', async () => {
    for (const claimScope of ['eni', 'privateIp'] as const) {
      const behind = { addresses: 3000, networkInterfaces: 3000, routeTables: 3000 };
      const built = open({ addresses: 1, ec2: { claimScope, reads: { lagMs: behind } } });
      built.control();
      const pod = built.pod('gateway-0');
      const first = await built.run(ensure(pod));
      await built.clock.advance(10_000);
      await built.run(first.release());
      const again = await built.run(ensure(pod));
      expect(built.carriedBy(pod)).toBe(again.identity.publicIp);
      expect(again.identity.associationId).not.toBe(first.identity.associationId);
      await built.close();
    }
  });
});
