import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import { formatHandover, handoverTagKey } from '../../identity/handover.ts';
import { ownerTagKey } from '../../identity/owner.ts';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import type { KeepEvent } from '../../keep/keep-event.ts';
import type { Keeping } from '../../keep/keeping.ts';
import { reapOrphans } from '../../reap-orphans.ts';
import { requestHandover } from '../../request-handover.ts';
import {
  ManagedRegion,
  type ManagedPod,
  type ManagedRegionSetup,
} from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { Ec2Api, ElasticIp } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import { describeLagMs } from '../maintain/judge-claim.ts';

let region: ManagedRegion | undefined;
let keeping: Keeping | undefined;
afterEach(async () => {
  await region?.run(Promise.resolve(keeping?.close()));
  keeping = undefined;
  await region?.close();
});

interface Kept {
  readonly built: ManagedRegion;
  readonly pod: ManagedPod;
  readonly held: HeldIdentity;
  readonly events: KeepEvent[];
}

async function keep(
  livePods = (built: ManagedRegion): LivePods => built.livePods(),
  clockAheadMs = 0,
  ec2: NonNullable<ManagedRegionSetup['ec2']> = {},
): Promise<Kept> {
  const built = new ManagedRegion({ ec2 });
  region = built;
  built.control('one', { live: { livePods: async () => livePods(built) } });
  const pod = built.pod('gateway-0');
  const { clock } = built;
  const now = (): number => clock.now() + clockAheadMs;
  const wait = (ms: number, signal?: AbortSignal): Promise<void> => clock.wait(ms, signal);
  const node = { ...pod.node, clock: { now, elapsed: () => clock.elapsed(), wait } };
  const held = await built.run(ensurePublicIdentity(pod.spec, { node }));
  const events: KeepEvent[] = [];
  keeping = await held.keep({ random: () => 0.5, onEvent: (event) => void events.push(event) });
  await built.clock.advance(1000);
  return { built, pod, held, events };
}

function kindsOf(events: readonly KeepEvent[]): string[] {
  return events.map(({ kind }) => kind);
}

function routesTo(built: ManagedRegion, publicIp: string): number {
  const { routeTables } = built.ec2.snapshot();
  const to = `${publicIp}/32`;
  return routeTables.filter(({ routes }) =>
    routes.some(({ destinationCidrBlock }) => destinationCidrBlock === to),
  ).length;
}

it('a deleted claim fences its pod at once; what it held goes when the pod has gone', async () => {
  const { built, pod, held, events } = await keep();
  const [claim] = await built.claims.list();
  if (claim !== undefined) await built.claims.delete(claim);
  // far less than the interval: the store tells
  await built.clock.advance(500);
  expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'withdrawn' });
  expect(await pod.publisher.current()).toBeUndefined();
  await built.clock.advance(120_000);
  expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
  built.remove(pod);
  await built.clock.advance(120_000);
  expect(built.leftInEc2()).toEqual([]);
  expect(await built.claims.list()).toEqual([]);
});

it('so it does while its link waits to be looked at again: what is lost is not published once more', async () => {
  const { built, pod, held, events } = await keep();
  pod.kernel.inject({ step: 'add-address' });
  pod.kernel.removeAddress('net1', `${held.identity.publicIp}/32`);
  await built.clock.advance(100);
  expect(events.at(-1)).toMatchObject({ kind: 'degraded' });
  const [claim] = await built.claims.list();
  if (claim !== undefined) await built.claims.delete(claim);
  // the next look at the link comes a second or two after the one that failed
  await built.clock.advance(500);
  expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'withdrawn' });
  await built.clock.advance(10_000);
  expect(kindsOf(events)).not.toContain('restored');
});

it('what a deleted claim held stays for the grace where no list says that it is later than the one with its pod', async () => {
  const { built, pod, held } = await keep((lists) => ({
    ...lists.livePods(),
    version: undefined,
  }));
  const [claim] = await built.claims.list();
  if (claim !== undefined) await built.claims.delete(claim);
  await built.clock.advance(500);
  built.remove(pod);
  await built.clock.advance(280_000);
  expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
  await built.clock.advance(60_000);
  expect(built.leftInEc2()).toEqual([]);
});

it('the controller puts back routes, record and association that somebody took away, without a word of the pod’s', async () => {
  const { built, pod, held, events } = await keep();
  const { publicIp, associationId } = held.identity;
  const [routeTableId = ''] = built.routeTableIds;
  await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${publicIp}/32` });
  await built.clock.advance(60_000);
  expect(routesTo(built, publicIp)).toBe(2);
  await built.ec2.disassociateAddress({ associationId });
  await built.clock.advance(90_000);
  expect(built.carriedBy(pod)).toBe(publicIp);
  expect(keeping?.identity.associationId).not.toBe(associationId);
  expect((await pod.publisher.current())?.associationId).toBe(keeping?.identity.associationId);
  expect(kindsOf(events)).not.toContain('lost');
});

it('an association that was made anew, and that nobody came to say, is told by whoever controls then', async () => {
  const { built, pod, held } = await keep();
  const { associationId, allocationId, networkInterfaceId } = held.identity;
  await built.ec2.disassociateAddress({ associationId });
  const place = { allocationId, networkInterfaceId, privateIpAddress: pod.privateIp };
  const made = await built.ec2.associateAddress({ ...place, allowReassociation: false });
  expect(made.associationId).not.toBe(associationId);
  // until then a describe may show what was before the claim
  await built.clock.advance(describeLagMs + 90_000);
  expect((await pod.publisher.current())?.associationId).toBe(made.associationId);
  const [claim] = await built.claims.list();
  expect(claim?.status?.phase).toMatchObject({ kind: 'granted', grant: made });
});

it('an address that somebody else took is fenced, and not taken back', async () => {
  const { built, pod, held, events } = await keep();
  const { allocationId } = held.identity;
  await built.clock.advance(6 * 60_000);
  const networkInterfaceId = built.networkInterfaceIds[1] ?? '';
  await built.ec2.associateAddress({ allocationId, networkInterfaceId, allowReassociation: true });
  await built.clock.advance(90_000);
  expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'taken' });
  expect(await pod.publisher.current()).toBeUndefined();
  const { addresses } = built.ec2.snapshot();
  const taken = addresses.find((one) => one.allocationId === allocationId);
  expect(taken?.networkInterfaceId).toBe(networkInterfaceId);
});

/** EC2 as describes that lag would show it: the address elsewhere, without a record of ours. */
function showingBefore(built: ManagedRegion, { allocationId }: PublicIdentity): Ec2Api {
  const [, elsewhere = ''] = built.networkInterfaceIds;
  return aroundEc2(built.ec2, async (action, call, make) => {
    const answer = await make(call);
    if (action !== 'DescribeAddresses') return answer;
    return (answer as unknown as ElasticIp[]).map((one) =>
      one.allocationId === allocationId
        ? {
            ...one,
            networkInterfaceId: elsewhere,
            privateIpAddress: '10.0.2.99',
            associationId: 'eipassoc-before',
            tags: one.tags.filter(({ key }) => key !== ownerTagKey),
          }
        : one,
    ) as never;
  });
}

/** The clock of whoever claimed it was an hour behind. */
async function makeOld(built: ManagedRegion): Promise<void> {
  const [claim] = await built.claims.list();
  const phase = claim?.status?.phase;
  if (claim === undefined || phase?.kind !== 'granted') throw new Error('not granted');
  const claimedAtMs = phase.claimedAtMs - 3_600_000;
  await built.claims.updateStatus({
    ...claim,
    status: { phase: { ...phase, claimedAtMs }, trouble: null },
  });
}

it('a wall clock that is wrong makes no claim old: what describes show from before it is no proof', async () => {
  const { built, pod, held, events } = await keep();
  await makeOld(built);
  built.control('two', { ec2: showingBefore(built, held.identity) });
  await built.clock.advance(4 * 60_000);
  expect(events.filter(({ kind }) => kind === 'lost')).toEqual([]);
  expect((await pod.publisher.current())?.associationId).toBe(held.identity.associationId);
  // as old as describes lag, and it still shows that
  await built.clock.advance(3 * 60_000);
  expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'taken' });
});

it('nor does it when the claim is given back: its association is asked for by its id', async () => {
  const { built, held } = await keep();
  await makeOld(built);
  built.control('two', { ec2: showingBefore(built, held.identity) });
  await built.clock.advance(1000);
  await built.run(held.release());
  await built.clock.advance(20_000);
  expect(await built.claims.list()).toEqual([]);
  expect(built.leftInEc2()).toEqual([]);
});

it('an address that a standby asks for is fenced and let go by its holder, and then the standby’s', async () => {
  const { built, pod, held, events } = await keep();
  const standby = built.pod('standby', { node: 1 });
  const { publicIp } = held.identity;
  const live = { livePods: async () => built.livePods() };
  const { owner: by } = standby.spec;
  const asked = requestHandover(
    { pool: 'media', address: publicIp, by },
    { ec2: built.ec2, clock: built.clock, live },
  );
  expect(await built.run(asked)).toMatchObject({ outcome: 'handed-over', publicIp });
  expect(events.at(-1)).toMatchObject({ kind: 'lost', because: 'handed-over' });
  expect(await pod.publisher.current()).toBeUndefined();
  expect(built.carriedBy(pod)).toBeUndefined();
  const spec = { ...standby.spec, address: publicIp };
  const now = await built.run(ensurePublicIdentity(spec, { node: standby.node }));
  expect(now.identity.publicIp).toBe(publicIp);
  expect(built.carriedBy(standby)).toBe(publicIp);
});

it('a holder that starts again at once takes nothing back by a describe from before it let go for a standby', async () => {
  const behind = { addresses: 3000, networkInterfaces: 3000, routeTables: 3000 };
  const { built, pod, held } = await keep(undefined, 0, { reads: { lagMs: behind } });
  await built.clock.advance(10_000);
  const standby = built.pod('standby', { node: 1 });
  const { publicIp } = held.identity;
  const asked = requestHandover(
    { pool: 'media', address: publicIp, by: standby.spec.owner },
    { ec2: built.ec2, clock: built.clock },
  );
  while (built.carriedBy(pod) !== undefined) await built.clock.advance(100);
  const again = await built.run(ensurePublicIdentity(pod.spec, { node: pod.node }));
  expect(again.identity.publicIp).not.toBe(publicIp);
  expect(await built.run(asked)).toMatchObject({ outcome: 'handed-over', publicIp });
  const spec = { ...standby.spec, address: publicIp };
  await built.run(ensurePublicIdentity(spec, { node: standby.node }));
  expect(built.carriedBy(standby)).toBe(publicIp);
  expect(built.carriedBy(pod)).toBe(again.identity.publicIp);
});

it('a request that nobody waits for any more is not told, and one that was told is taken back', async () => {
  const { built, pod, held, events } = await keep();
  const { allocationId, associationId } = held.identity;
  const by = { cluster: 'test', namespace: 'sip', pod: 'standby', uid: 'uid-standby' };
  const ask = (untilMs: number): Promise<void> =>
    built.ec2.createTags({
      resources: [allocationId],
      tags: [{ key: handoverTagKey, value: formatHandover({ by, associationId, untilMs }) }],
    });
  await ask(built.clock.now() - 1000);
  await built.clock.advance(90_000);
  expect(events).toEqual([]);
  // told by a controller, and read when its time is over
  const phase = { kind: 'granted', grant: held.identity, claimedAtMs: 0 } as const;
  const askedFor = { by, untilMs: built.clock.now() - 1000 };
  const [claim] = await built.claims.list();
  if (claim === undefined) throw new Error('no claim');
  await built.claims.updateStatus({
    ...claim,
    status: { phase: { ...phase, askedFor }, trouble: null },
  });
  await built.clock.advance(90_000);
  expect(events).toEqual([]);
  expect((await built.claims.list())[0]?.status?.phase).not.toHaveProperty('askedFor');
  expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
});

it('a holder that does not heed a request, as its clock is ahead, has its routes put back meanwhile', async () => {
  const { built, pod, held, events } = await keep(undefined, 3_600_000);
  const { publicIp, pool, routeTableIds } = held.identity;
  const standby = built.pod('standby', { node: 1 });
  const { owner: by } = standby.spec;
  const asked = requestHandover(
    { pool, address: publicIp, by },
    { ec2: built.ec2, clock: built.clock },
  );
  const refused = expect(asked).rejects.toMatchObject({ code: 'HolderSilent' });
  await built.clock.advance(1000);
  const [routeTableId = ''] = routeTableIds;
  await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${publicIp}/32` });
  await built.clock.advance(80_000);
  expect((await built.claims.list())[0]?.status?.phase).toMatchObject({ askedFor: { by } });
  expect(routesTo(built, publicIp)).toBe(routeTableIds.length);
  await built.run(refused);
  await built.clock.advance(60_000);
  expect((await built.claims.list())[0]?.status?.phase).not.toHaveProperty('askedFor');
  expect(events).toEqual([]);
  expect(built.carriedBy(pod)).toBe(publicIp);
});

it('a later pod of the holder’s name does not inherit what that one let go for a standby', async () => {
  const { built, held } = await keep();
  const { publicIp } = held.identity;
  const standby = built.pod('standby-0', { node: 1, host: 201 });
  const heir = built.pod('gateway-0', { uid: 'uid-later', node: 1, host: 200 });
  const asked = requestHandover(
    { pool: held.identity.pool, address: publicIp, by: standby.spec.owner },
    { ec2: built.ec2, clock: built.clock },
  );
  // it waits for just that one, as it would in a pool where no other is free
  const stop = new AbortController();
  const named = { ...heir.spec, address: publicIp };
  const waits = ensurePublicIdentity(named, { node: heir.node, signal: stop.signal });
  const refused = expect(waits).rejects.toMatchObject({ code: 'Aborted' });
  await expect(built.run(asked)).resolves.toMatchObject({ outcome: 'handed-over' });
  const spec = { ...standby.spec, address: publicIp };
  const moved = await built.run(ensurePublicIdentity(spec, { node: standby.node }));
  expect(moved.identity.publicIp).toBe(publicIp);
  expect(built.carriedBy(heir)).toBeUndefined();
  stop.abort();
  await built.run(refused);
  const tags = built.ec2.snapshot().addresses.flatMap((one) => one.tags.map(({ key }) => key));
  expect(tags).not.toContain(handoverTagKey);
});

it('a store that is silent for long fences nobody', async () => {
  const { built, pod, held, events } = await keep();
  built.claims.isReachable = false;
  await built.clock.advance(600_000);
  expect(new Set(kindsOf(events))).toEqual(new Set(['unsure']));
  expect((await pod.publisher.current())?.publicIp).toBe(held.identity.publicIp);
  built.claims.isReachable = true;
  await built.clock.advance(60_000);
  expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
});

it('the reaper takes the routes to an address that stays free, and nothing of who is granted', async () => {
  const { built, pod, held } = await keep();
  const other = built.pod('gateway-1');
  const gone = await built.run(ensurePublicIdentity(other.spec, { node: other.node }));
  await built.run(gone.release());
  built.remove(other);
  await built.clock.advance(60_000);
  expect(routesTo(built, gone.identity.publicIp)).toBe(2);
  const live = { livePods: async () => built.livePods() };
  const pass = (earlier: Awaited<ReturnType<typeof reapOrphans>>['sightings']) =>
    built.run(
      reapOrphans({ pool: 'media', live, earlier }, { ec2: built.ec2, clock: built.clock }),
    );
  const first = await pass([]);
  await built.clock.advance(6 * 60_000);
  await pass(first.sightings);
  expect(routesTo(built, gone.identity.publicIp)).toBe(0);
  expect(routesTo(built, held.identity.publicIp)).toBe(2);
  expect(built.carriedBy(pod)).toBe(held.identity.publicIp);
});
