import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import type { KeepEvent } from '../../keep/keep-event.ts';
import type { Keeping } from '../../keep/keeping.ts';
import { reapOrphans } from '../../reap-orphans.ts';
import { ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';

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

async function keep(): Promise<Kept> {
  const built = new ManagedRegion();
  region = built;
  built.control();
  const pod = built.pod('gateway-0');
  const held = await built.run(ensurePublicIdentity(pod.spec, { node: pod.node }));
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
