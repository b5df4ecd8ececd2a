import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { poolTagKey } from '../identity/owner.ts';
import { ManagedRegion } from '../testing/managed-region.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';
import { caughtUpMs } from './own-writes.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

const tags = [{ key: poolTagKey, value: 'media' }];

it('a pool that was allocated a moment ago is not empty, though describes show it so', async () => {
  const pod = simulatedPod({ pool: [], ec2: { reads: { lagMs: { addresses: 3000 } } } });
  await pod.clock.wait(10_000);
  const { publicIp } = await pod.ec2.allocateTaggedAddress({ tags });
  await pod.clock.wait(1000);
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(identity.publicIp).toBe(publicIp);
});

it('route tables that were tagged a moment ago are found', async () => {
  const pod = simulatedPod({ ec2: { reads: { lagMs: { routeTables: 3000 } } } });
  await pod.clock.wait(10_000);
  const resources = pod.ec2.snapshot().routeTables.map(({ routeTableId }) => routeTableId);
  await pod.ec2.createTags({ resources, tags: [{ key: 'calls', value: 'yes' }] });
  const routeTables = { by: 'tag', key: 'calls', value: 'yes' } as const;
  const { spec, node } = pod;
  await expect(ensurePublicIdentity({ ...spec, routeTables }, { node })).resolves.toBeDefined();
});

it('in managed mode an empty pool is waited for', async () => {
  const built = new ManagedRegion({ addresses: 0 });
  region = built;
  built.control();
  const pod = built.pod('gateway-0');
  const waiting = ensurePublicIdentity(pod.spec, { node: pod.node });
  await built.clock.advance(20_000);
  const [claim] = await built.claims.list();
  expect(claim?.status?.trouble).toMatchObject({ code: 'PoolEmpty', retry: 'later' });
  const { publicIp } = built.ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  expect((await built.run(waiting)).identity.publicIp).toBe(publicIp);
});

it.each([
  ['PoolEmpty', {}],
  ['RouteTablesNotFound', { routeTables: { by: 'tag', key: 'none', value: 'has' } }],
] as const)(
  '%s is said once describes have caught up, and later may be otherwise',
  async (code, more) => {
    const { spec, node, clock } = simulatedPod({ pool: [] });
    const begunMs = clock.elapsed();
    const refused = ensurePublicIdentity({ ...spec, ...more }, { node });
    await expect(refused).rejects.toMatchObject({ code, retry: 'later' });
    const tookMs = clock.elapsed() - begunMs;
    expect(tookMs).toBeGreaterThanOrEqual(caughtUpMs);
    expect(tookMs).toBeLessThan(2 * caughtUpMs);
  },
);
