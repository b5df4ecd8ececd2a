import { expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import { openSession } from './cloud-session.ts';
import { findRouteTables, lookAtCloud, poolFilters, routeTableIdFilters } from './observe-cloud.ts';

it('a look one of whose reads had to be tried again reads all anew: no view of two times', async () => {
  const { spec, node, ec2 } = simulatedPod();
  const { identity } = await ensurePublicIdentity(spec, { node });
  ec2.inject({ action: 'DescribeRouteTables', error: 'InternalError' });
  const clock = new FakeClock();
  const session = openSession({
    ec2,
    clock: {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      // the outage lasts, and meanwhile the address is let go
      wait: async (ms) => {
        await ec2.disassociateAddress({ associationId: identity.associationId });
        await clock.wait(ms);
      },
    },
  });
  const { addresses, routeTables } = await lookAtCloud(session, {
    networkInterfaceIds: [identity.networkInterfaceId],
    addressFilters: poolFilters('media'),
    routeTableFilters: routeTableIdFilters(identity.routeTableIds),
  });
  expect(routeTables).toHaveLength(1);
  expect(addresses[0]).not.toHaveProperty('associationId');
});

it.each(['ids', 'tag'] as const)(
  'finds and reads 201 route tables by %s, more than a request can name',
  async (by) => {
    const { spec, ec2, clock } = simulatedPod({ ec2: { routeTablesPerVpc: 500 } });
    const vpcId = ec2.snapshot().vpcs[0]?.vpcId ?? '';
    const made = Array.from(
      { length: 201 },
      () => ec2.createRouteTable({ vpcId, tags: { tier: 'sip' } }).routeTableId,
    ).toSorted();
    const routeTables =
      by === 'tag' ? ({ by, key: 'tier', value: 'sip' } as const) : { by, routeTableIds: made };
    const session = openSession({ ec2, clock });
    const found = await findRouteTables(
      session,
      parseIdentitySpec({ ...spec, routeTables }),
      vpcId,
    );
    expect(found).toEqual(made);
    const seen = await lookAtCloud(session, {
      networkInterfaceIds: [],
      addressFilters: poolFilters('media'),
      routeTableFilters: routeTableIdFilters(found),
    });
    expect(seen.routeTables.map(({ routeTableId }) => routeTableId).toSorted()).toEqual(made);
  },
);
