// A pool is one pool: EC2 takes some characters of a filter's value for a pattern.
import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { poolTagKey } from './identity/owner.ts';
import { probeClaimScope } from './probe-claim-scope.ts';
import { reapOrphans } from './reap-orphans.ts';
import { requestHandover } from './request-handover.ts';
import { ManagedRegion } from './testing/managed-region.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const owner = { cluster: 'test', namespace: 'sip', pod: 'gateway-1', uid: 'uid-1' };
const live = { livePods: async () => ({ complete: true, pods: [] }) };

it.each(['media*', 'med?a', 'm*', String.raw`medi\a`, ''])(
  'no verb takes %j for a pool',
  async (pool) => {
    const pod = simulatedPod();
    const { spec, node, ec2, clock } = pod;
    const held = await ensurePublicIdentity(spec, { node });
    ec2.allocateAddress({ tags: { [poolTagKey]: 'media-prod' } });
    const before = ec2.snapshot();
    const { networkInterfaceId, allocationId } = held.identity;
    const place = {
      networkInterfaceId,
      allocationId,
      privateIps: ['10.0.2.7', '10.0.2.8'] as const,
    };
    const handover = { pool, address: held.identity.publicIp, by: owner };
    const options = { pool, intervalMs: 1000 };
    for (const attempt of [
      () => ensurePublicIdentity({ ...spec, owner, pool }, { node }),
      () => reapOrphans({ pool, live, graceMs: 0 }, { ec2, clock }),
      () => requestHandover(handover, { ec2, clock, live }),
      () => probeClaimScope({ ...place, pool }, { ec2, clock }),
      async () => new ManagedRegion().control('one', { options }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'SpecInvalid', retry: 'never' });
    }
    expect(ec2.snapshot()).toEqual(before);
  },
);

it.each([
  ['a cluster with a slash', { ...owner, cluster: 'arn:aws:eks:eu-central-1:1:cluster/voice' }],
  ['a cluster that no spec would take', { ...owner, cluster: 'a*' }],
  ['names too long for a tag', { ...owner, cluster: 'c'.repeat(100), pod: 'p'.repeat(130) }],
])('nobody is asked to hand over to %s', async (_what, by) => {
  const { spec, node, ec2, clock } = simulatedPod();
  const { identity } = await ensurePublicIdentity(spec, { node });
  const before = ec2.snapshot();
  const asking = requestHandover({ pool: 'media', address: identity.publicIp, by }, { ec2, clock });
  await expect(asking).rejects.toMatchObject({ code: 'SpecInvalid', retry: 'never' });
  expect(ec2.snapshot()).toEqual(before);
});
