import { expect, it, vi } from 'vitest';
import type { IdentityGrant } from './cloud/identity-grant.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { ownerTagKey } from './identity/owner.ts';
import { keepPublicIdentity } from './keep-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const intervalMs = 30_000;

type Around = (grant: IdentityGrant, takeAway: () => Promise<void>) => IdentityGrant;

/** An identity that one process keeps, five minutes after it was claimed. */
async function build(around: Around = (grant) => grant) {
  const pod = simulatedPod({ clock: new ManualClock() });
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await pod.clock.advance(5 * 60_000);
  const events: KeepEvent[] = [];
  const takeAway = (): Promise<void> => pod.publisher.withdraw(identity);
  const keeping = await keepPublicIdentity(identity, {
    node: {
      ...pod.node,
      openGrant: async (where) => around(await pod.node.openGrant(where), takeAway),
    },
    intervalMs,
    random: () => 0.999,
    onEvent: (event) => void events.push(event),
  });
  await pod.clock.settle();
  return { pod, identity, keeping, events };
}

/** What EC2 has of the identity. */
function leftIn({ ec2 }: SimulatedPod<ManualClock>): unknown {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  return {
    associations: addresses.flatMap(({ associationId }) => associationId ?? []),
    tags: addresses.flatMap(({ tags }) => tags.map(({ key }) => key)),
    privateIps: networkInterfaces.flatMap((one) => one.privateIpAddresses).length,
    routes: routeTables.flatMap(({ routes }) => routes).filter((one) => one.networkInterfaceId)
      .length,
  };
}
const nothing = { associations: [], tags: ['truetuple/pool'], privateIps: 2, routes: 0 };

it('puts nothing back when another process gives the identity back between the two looks', async () => {
  const { pod, identity, keeping } = await build();
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  await pod.clock.advance(intervalMs);
  expect(pod.clock.waiting).toBe(1);
  // a release that has not come to the link yet, of which the kernel would tell
  await pod.publisher.withdraw(identity);
  const grants = await pod.node.openGrant(identity);
  await pod.clock.run(grants.release(identity));
  const writes = pod.ec2.calls.countWrites();
  await pod.clock.advance(intervalMs);
  expect(pod.ec2.calls.countWrites()).toBe(writes);
  expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
  expect(leftIn(pod)).toEqual(nothing);
});

it('gives back a claim during which another process took the publication away', async () => {
  const { pod, identity, keeping, events } = await build();
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  pod.ec2.onChange(async ({ kind }) => {
    if (kind === 'address-associated') await pod.publisher.withdraw(identity);
  });
  await pod.clock.advance(2 * intervalMs);
  expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
  expect(events).toEqual([]);
  expect(leftIn(pod)).toMatchObject({ associations: [] });
});

/** Whose publication is taken away just before each answer about the claim is heard. */
function buildTakenAway(change: Partial<IdentityGrant> = {}) {
  return build((grant, takeAway) => ({
    ...grant,
    maintain: async (...asked) => {
      const state = await grant.maintain(...asked);
      await takeAway();
      return state;
    },
    ...change,
  }));
}

it('gives back a claim that nobody stood for any more when its answer was heard', async () => {
  const { pod, identity, keeping } = await buildTakenAway();
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  await pod.clock.advance(2 * intervalMs);
  expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
  expect(leftIn(pod)).toEqual(nothing);
});

it('gives nothing back that it did not claim', async () => {
  const { pod, identity, keeping } = await buildTakenAway();
  await pod.clock.advance(2 * intervalMs);
  expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
  expect(leftIn(pod)).toMatchObject({ associations: [identity.associationId] });
});

it('tells when a claim that nobody stands for cannot be given back', async () => {
  const { pod, identity, keeping, events } = await buildTakenAway({
    release: () => Promise.reject(new Error('no way')),
  });
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  await pod.clock.advance(2 * intervalMs);
  await keeping.ended;
  expect(events).toMatchObject([{ kind: 'unsure', error: { cause: { message: 'no way' } } }]);
});

it('claims anew what was taken away with its record before it could be published, since what it published before stands', async () => {
  const { pod, identity, keeping } = await build();
  const standing = (): readonly string[] =>
    pod.ec2.snapshot().addresses.flatMap(({ associationId }) => associationId ?? []);
  const republish = pod.publisher.republish.bind(pod.publisher);
  const published: [string, readonly string[]][] = [];
  vi.spyOn(pod.publisher, 'republish')
    .mockRejectedValueOnce(new Error('disk full'))
    .mockImplementation(async (kept) => {
      published.push([kept.associationId, standing()]);
      return republish(kept);
    });
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  for (let s = 0; s < 120 && standing().length === 0; s++) await pod.clock.advance(1000);
  await pod.clock.settle();
  const [associationId = ''] = standing();
  expect((await pod.publisher.current())?.associationId).toBe(identity.associationId);
  // as a thief does that gives it back
  await pod.ec2.disassociateAddress({ associationId });
  const { allocationId } = identity;
  await pod.ec2.deleteTags({ resources: [allocationId], tags: [{ key: ownerTagKey }] });
  await pod.clock.advance(3 * intervalMs);
  expect(published.filter(([id, stood]) => !stood.includes(id))).toEqual([]);
  expect(standing()).toEqual([keeping.identity.associationId]);
  expect(await pod.publisher.current()).toEqual(keeping.identity);
});

it('claims nothing anew while it is not published and its owner record is gone', async () => {
  const { pod, identity, keeping } = await build();
  pod.kernel.setLinkUp('net1', false);
  await pod.clock.settle();
  expect(await pod.publisher.current()).toBeUndefined();
  await pod.clock.run(releasePublicIdentity(identity, { node: pod.node }));
  await pod.clock.advance(5 * intervalMs);
  expect(leftIn(pod)).toEqual(nothing);
  await keeping.close();
});

it('claims anew while it is not published and its owner record stands', async () => {
  const { pod, identity, keeping } = await build();
  pod.kernel.setLinkUp('net1', false);
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  await pod.clock.advance(2 * intervalMs);
  expect(leftIn(pod)).toMatchObject({ associations: [keeping.identity.associationId] });
  expect(keeping.identity.associationId).not.toBe(identity.associationId);
  await keeping.close();
});

it('an identity that a keep has claimed anew is given back by its newer value, not by the first', async () => {
  const { pod, identity, keeping } = await build();
  await pod.ec2.disassociateAddress({ associationId: identity.associationId });
  await pod.clock.advance(2 * intervalMs);
  const newer = keeping.identity;
  await expect(releasePublicIdentity(identity, { node: pod.node })).rejects.toMatchObject({
    code: 'Superseded',
  });
  expect(leftIn(pod)).toMatchObject({ associations: [newer.associationId] });
  expect(await pod.publisher.current()).toEqual(newer);
  await pod.clock.run(releasePublicIdentity(newer, { node: pod.node }));
  expect(leftIn(pod)).toEqual(nothing);
  expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
});

it('a handle that was released is not kept any more, be it that the release failed', async () => {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  vi.spyOn(pod.publisher, 'withdraw').mockRejectedValueOnce(new Error('disk full'));
  await expect(pod.clock.run(held.release())).rejects.toMatchObject({ code: 'ReleaseIncomplete' });
  const refused = { code: 'AlreadyReleased', remedy: expect.stringContaining('ensure') as string };
  await expect(held.keep()).rejects.toMatchObject(refused);
  await pod.clock.run(held.release());
  await expect(keepPublicIdentity(held)).rejects.toMatchObject(refused);
  expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
});
