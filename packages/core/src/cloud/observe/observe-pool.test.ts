import { expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import { openSession } from './cloud-session.ts';
import { observePool } from './observe-pool.ts';

it.each(['DescribeRouteTables', 'DescribeNetworkInterfaces'] as const)(
  'a look at a pool in which %s had to be tried again reads all anew',
  async (action) => {
    const { spec, node, ec2 } = simulatedPod();
    const { identity } = await ensurePublicIdentity(spec, { node });
    ec2.inject({ action, error: 'InternalError' });
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
    const { addresses } = await observePool(session, identity.pool);
    const held = addresses.filter(({ associationId }) => associationId !== undefined);
    expect(held).toEqual([]);
  },
);
