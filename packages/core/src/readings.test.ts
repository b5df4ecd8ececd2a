import { describe, expect, it } from 'vitest';
import type { LivePods } from './cloud/liveness.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { HeldIdentity } from './held-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import { ManualClock } from './testing/manual-clock.ts';
import type { CloudRules } from './testing/simulated-ec2/cloud-rules.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

/** Whatever EC2 does where its documentation leaves it open, an identity is taken, kept, given back and reaped alike. */

type Pod = SimulatedPod<ManualClock>;

const minute = 60_000;
const intervalMs = 30_000;
const nobody: LivePods = { complete: true, pods: [] };

const readings: readonly Partial<CloudRules>[] = [
  {},
  { claimScope: 'privateIp' },
  { occupiedPrivateIp: 'displace' },
  { endedAssociation: 'accept' },
  { repeatedAssociation: 'new-id' },
  { repeatedAssociation: 'refuse' },
  { repeatedRoute: 'accept' },
  { privateIpTakenCode: 'Resource.AlreadyAssociated' },
  { releasedAddress: 'reallocated' },
  { routeLimitCode: 'ResourceCountLimitExceeded' },
  { unknownRouteTableCode: 'InvalidRoute.NotFound' },
  { pendingInstanceCode: 'InvalidInstanceID' },
  { releaseOfNothingCode: 'InvalidAddressID.NotFound' },
  { assignNothingCode: 'InvalidParameter' },
];

function build(rules: Partial<CloudRules>) {
  const pod = simulatedPod({ clock: new ManualClock(), ec2: rules });
  const { ec2, clock, spec, node } = pod;
  const fresh = poolOf(pod);
  const ensure = () => clock.run(ensurePublicIdentity(spec, { node }));
  let earlier: readonly OrphanSighting[] = [];
  const pass = async (): Promise<ReapReport> => {
    const request = { pool: 'media', live: { livePods: async () => nobody }, earlier };
    const report = await clock.run(reapOrphans(request, { ec2, clock }));
    earlier = report.sightings;
    return report;
  };
  /** As long as a pass, the grace age, and another pass. */
  const reap = async (): Promise<ReapReport> => {
    await pass();
    await clock.advance(5 * minute);
    return pass();
  };
  return { pod, fresh, ensure, reap };
}

function poolOf({ ec2 }: Pod): unknown {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  const privateIps = networkInterfaces.map((eni) => eni.privateIpAddresses);
  return { addresses, privateIps, routes: routeTables.map(({ routes }) => routes) };
}

async function keep({ clock }: Pod, held: HeldIdentity) {
  const events: KeepEvent[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(event);
  const keeping = await held.keep({ intervalMs, random: () => 0.999, onEvent });
  await clock.settle();
  return { events, keeping };
}

/** Takes the route table of the spec out of the VPC, with its routes. */
function deleteRouteTable({ ec2, spec }: Pod): void {
  const table = ec2
    .snapshot()
    .routeTables.find(({ associatedSubnetIds }) => associatedSubnetIds.length > 0);
  for (const subnetId of table?.associatedSubnetIds ?? []) ec2.disassociateRouteTable({ subnetId });
  const [id = ''] = spec.routeTables.by === 'ids' ? spec.routeTables.routeTableIds : [];
  ec2.deleteResource(id);
}

function setMediaInstance({ ec2 }: Pod, state: 'pending' | 'running'): void {
  const [instance] = ec2.snapshot().instances;
  ec2.setInstanceState({ instanceId: instance?.instanceId ?? '', state });
}

describe.each(readings)('where EC2 is read as %o', (rules) => {
  it('an identity is taken, kept against a thief, and given back whole', async () => {
    const { pod, fresh, ensure } = build(rules);
    const { ec2, clock } = pod;
    const held = await ensure();
    await clock.advance(5 * minute);
    const { events, keeping } = await keep(pod, held);
    const { identity } = held;
    const destinationCidrBlock = `${identity.publicIp}/32`;
    for (const routeTableId of identity.routeTableIds) {
      await ec2.deleteRoute({ routeTableId, destinationCidrBlock });
    }
    await ec2.disassociateAddress({ associationId: identity.associationId });
    await clock.advance(4 * intervalMs);
    expect(events.map(({ kind }) => kind)).toContain('repaired');
    const [address] = ec2.snapshot().addresses;
    expect(address?.privateIpAddress).toBe(identity.privateIp);
    const routes = ec2.snapshot().routeTables.flatMap((table) => table.routes);
    expect(routes.map((route) => route.destinationCidrBlock)).toContain(destinationCidrBlock);
    await keeping.close();
    await clock.run(held.release());
    expect(poolOf(pod)).toEqual(fresh);
  });

  it('what a dead pod left is reaped', async () => {
    const { pod, fresh, ensure, reap } = build(rules);
    await ensure();
    await pod.clock.advance(5 * minute);
    expect(await reap()).toMatchObject({ outcome: { kind: 'finished' }, failed: [] });
    expect(poolOf(pod)).toEqual(fresh);
  });
});

describe.each(['InvalidRouteTableID.NotFound', 'InvalidRoute.NotFound'] as const)(
  'a route table that is gone: %s',
  (unknownRouteTableCode) => {
    const rules = { unknownRouteTableCode };
    const refusal = { action: 'DeleteRoute', outcome: unknownRouteTableCode };

    it('while it is taken: ensure names the table, and takes nothing', async () => {
      const { pod, fresh, ensure } = build(rules);
      const { ec2 } = pod;
      ec2.onChange(({ kind }) => {
        if (kind === 'address-associated') deleteRouteTable(pod);
      });
      ec2.inject({ action: 'DescribeRouteTables', staleByChanges: 64, times: 1000 });
      await expect(ensure()).rejects.toMatchObject({
        code: 'RouteTablesNotFound',
        // it may as well have been made a moment ago
        retry: 'later',
        message: expect.stringMatching(/CreateRoute was answered.*rtb-/) as string,
      });
      expect(poolOf(pod)).toMatchObject({ addresses: (fresh as { addresses: unknown }).addresses });
    });

    it.each([
      // as before there was a route
      [
        'which describes show as it was',
        { action: 'DescribeRouteTables', staleByChanges: 64, times: 1000 },
      ],
      ['which they show no more', undefined],
    ] as const)(
      'while it is kept, %s: the keep names it at every look, and goes on',
      async (_what, stale) => {
        const { pod, ensure } = build(rules);
        const { ec2, clock } = pod;
        const held = await ensure();
        await clock.advance(5 * minute);
        const { events, keeping } = await keep(pod, held);
        deleteRouteTable(pod);
        if (stale !== undefined) ec2.inject(stale);
        const { routeTableIds } = keeping.identity;
        await clock.advance(2 * intervalMs);
        const told = events.map((event) => 'error' in event && [event.kind, event.error.code]);
        expect(told).toEqual([1, 2].map(() => ['unsure', 'RouteTablesNotFound']));
        for (const event of events)
          expect(event).toMatchObject({
            error: { message: expect.stringContaining(routeTableIds[0] ?? '') as string },
          });
        expect(await pod.publisher.current()).toEqual(keeping.identity);
        await keeping.close();
      },
    );

    it('while it is held: all the rest is given back', async () => {
      const { pod, ensure } = build(rules);
      const { ec2, clock } = pod;
      const { addresses } = ec2.snapshot();
      const held = await ensure();
      await clock.advance(5 * minute);
      deleteRouteTable(pod);
      await clock.run(held.release());
      expect(ec2.calls.entries).toContainEqual(expect.objectContaining(refusal));
      expect(ec2.snapshot().addresses).toEqual(addresses);
    });

    it('while a dead pod held it: all the rest is reaped', async () => {
      const { pod, ensure, reap } = build(rules);
      const { ec2, clock } = pod;
      const { addresses } = ec2.snapshot();
      await ensure();
      await clock.advance(5 * minute);
      const resources = addresses.map(({ allocationId }) => allocationId);
      const tags = [{ key: 'use', value: 'calls' }];
      await ec2.createTags({ resources, tags });
      await ec2.deleteTags({ resources, tags });
      deleteRouteTable(pod);
      // as before the tag was deleted, when the table was there
      ec2.inject({ action: 'DescribeRouteTables', staleByChanges: 1, times: 1000 });
      expect(await reap()).toMatchObject({ outcome: { kind: 'finished' }, failed: [] });
      expect(ec2.calls.entries).toContainEqual(expect.objectContaining(refusal));
      expect(ec2.snapshot().addresses).toEqual(addresses);
    });
  },
);

describe.each(['IncorrectInstanceState', 'InvalidInstanceID'] as const)(
  'an instance that is pending yet: %s',
  (pendingInstanceCode) => {
    it('ensure waits for it', async () => {
      const { pod, fresh, ensure } = build({ pendingInstanceCode });
      const { ec2, clock } = pod;
      setMediaInstance(pod, 'pending');
      void clock.wait(20_000).then(() => setMediaInstance(pod, 'running'));
      const held = await ensure();
      const outcomes = ec2.calls.entries.map(({ outcome }) => outcome);
      expect(outcomes).toContain(pendingInstanceCode);
      await clock.run(held.release());
      expect(poolOf(pod)).toEqual(fresh);
    });

    it('a keep that claims anew waits for it', async () => {
      const { pod, ensure } = build({ pendingInstanceCode });
      const { ec2, clock } = pod;
      const held = await ensure();
      await clock.advance(5 * minute);
      const { events, keeping } = await keep(pod, held);
      setMediaInstance(pod, 'pending');
      await ec2.disassociateAddress({ associationId: held.identity.associationId });
      await clock.advance(2 * intervalMs);
      setMediaInstance(pod, 'running');
      await clock.advance(2 * intervalMs);
      expect(ec2.calls.entries.map(({ outcome }) => outcome)).toContain(pendingInstanceCode);
      expect(events.map(({ kind }) => kind)).toContain('restored');
      expect(ec2.snapshot().addresses[0]?.privateIpAddress).toBe(held.identity.privateIp);
      await keeping.close();
    });

    it('one that stays so: ensure ends, says that EC2 could not, and takes nothing', async () => {
      const { pod, fresh, ensure } = build({ pendingInstanceCode });
      setMediaInstance(pod, 'pending');
      await expect(ensure()).rejects.toMatchObject({ code: 'CloudRefused', retry: 'now' });
      expect(poolOf(pod)).toEqual(fresh);
    });
  },
);
