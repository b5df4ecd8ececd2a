import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { openSession } from './cloud-session.ts';
import { lookAtCloud, poolFilters, routeTableIdFilters } from './observe-cloud.ts';

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
