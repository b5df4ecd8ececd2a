import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { ownerTagKey, poolTagKey, releasedTagKey } from './identity/owner.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

it('a pod that may touch its pool alone, and name our tags alone, holds its identity and gives it back', async () => {
  const pod = simulatedPod({ clock: new ManualClock() });
  const { ec2, clock, spec, node } = pod;
  const writes = ['AssociateAddress', 'DisassociateAddress', 'CreateTags', 'DeleteTags'] as const;
  ec2.requireTags([
    { actions: writes, resource: 'elastic-ip', tag: { key: poolTagKey, value: spec.pool } },
    { actions: ['CreateTags', 'DeleteTags'], requestTagKeys: [ownerTagKey, releasedTagKey] },
  ]);
  const fresh = ec2.snapshot();
  const held = await clock.run(ensurePublicIdentity(spec, { node }));
  expect(ec2.calls.count('CreateTags')).toBeGreaterThan(0);
  await clock.run(held.release());
  expect(ec2.calls.count('DeleteTags')).toBeGreaterThan(0);
  const outcomes = ec2.calls.entries.map(({ outcome }) => outcome);
  expect(outcomes).not.toContain('UnauthorizedOperation');
  const associated = ec2.snapshot().addresses.filter((one) => one.associationId !== undefined);
  expect(associated).toEqual([]);
  expect(ec2.snapshot().addresses).toHaveLength(fresh.addresses.length);
});
