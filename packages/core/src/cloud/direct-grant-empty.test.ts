import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import type { NetworkInterfaceSelector } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { ManagedRegion } from '../testing/managed-region.ts';
import type { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';
import { caughtUpMs } from './observe/own-writes.ts';

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

const allBehind = { reads: { lagMs: { networkInterfaces: 3000, addresses: 3000 } } };

/** Makes a pool, and tags the media ENI of the last instance: what selects that. */
async function tagMoments(ec2: SimulatedEc2): Promise<NetworkInterfaceSelector> {
  const { networkInterfaceId = '', attachment } = ec2.snapshot().networkInterfaces.at(-1) ?? {};
  const tag = { key: 'use', value: 'media' };
  await ec2.createTags({ resources: [networkInterfaceId], tags: [tag] });
  await ec2.allocateTaggedAddress({ tags });
  return { by: 'instance', instanceId: attachment?.instanceId ?? '', tag };
}

it('an ENI and a pool that were tagged a moment ago are found: the region is not wrong', async () => {
  const { spec, node, ec2, clock } = simulatedPod({ pool: [], ec2: allBehind });
  await clock.wait(10_000);
  const networkInterface = await tagMoments(ec2);
  const ensured = ensurePublicIdentity({ ...spec, networkInterface }, { node });
  await expect(ensured).resolves.toBeDefined();
});

it('in managed mode no claim is refused because one look does not show its ENI', async () => {
  const built = new ManagedRegion({ addresses: 0, ec2: allBehind });
  region = built;
  await built.clock.advance(10_000);
  built.control();
  const pod = built.pod('gateway-0', { node: 1 });
  const networkInterface = await tagMoments(built.ec2);
  const waiting = ensurePublicIdentity({ ...pod.spec, networkInterface }, { node: pod.node });
  await built.clock.advance(1000);
  const [claim] = await built.claims.list();
  expect(claim?.status?.trouble).toMatchObject({ code: 'WrongRegion', retry: 'later' });
  await expect(built.run(waiting)).resolves.toBeDefined();
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
  ['PoolEmpty', 'later', {}],
  ['RouteTablesNotFound', 'later', { routeTables: { by: 'tag', key: 'none', value: 'has' } }],
  ['WrongRegion', 'never', { networkInterface: { by: 'id', networkInterfaceId: 'eni-0' } }],
] as const)(
  '%s is said once describes have caught up; whether it may be otherwise: %s',
  async (code, retry, more) => {
    const { spec, node, clock } = simulatedPod({ pool: [] });
    const begunMs = clock.elapsed();
    const refused = ensurePublicIdentity({ ...spec, ...more }, { node });
    await expect(refused).rejects.toMatchObject({ code, retry });
    const tookMs = clock.elapsed() - begunMs;
    expect(tookMs).toBeGreaterThanOrEqual(caughtUpMs);
    expect(tookMs).toBeLessThan(2 * caughtUpMs);
  },
);
