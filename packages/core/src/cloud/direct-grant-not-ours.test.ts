import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { ManagedRegion } from '../testing/managed-region.ts';
import { simulatedPod } from '../testing/simulated-pod.ts';
import { directGrant } from './direct-grant.ts';
import { aroundEc2 } from './ec2/around-ec2.ts';

const pool = ['203.0.113.50', '203.0.113.51', '203.0.113.52'];
/** Describes are behind, and what is released is another account's at once. */
const reallocated = {
  releasedAddress: 'reallocated',
  reads: { lagMs: { addresses: 5000 } },
} as const;

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

async function favourite(): Promise<string> {
  const { spec, node } = simulatedPod({ pool });
  return (await ensurePublicIdentity(spec, { node })).identity.publicIp;
}

it('an address that is another account’s by now is lost, and the next one is claimed', async () => {
  const wanted = await favourite();
  const { spec, node, ec2, clock } = simulatedPod({ pool, ec2: reallocated });
  await clock.wait(10_000);
  const gone = ec2.snapshot().addresses.find(({ publicIp }) => publicIp === wanted);
  await ec2.releaseAddress({ allocationId: gone?.allocationId ?? '' });
  const { identity } = await ensurePublicIdentity(spec, { node });
  expect(identity.publicIp).not.toBe(wanted);
  expect(pool).toContain(identity.publicIp);
});

it('one that describes show for longer than they should is named as what may be wrong, and worth another try', async () => {
  const wanted = await favourite();
  const reads = { lagMs: { addresses: 60_000 } };
  const { spec, node, ec2, clock } = simulatedPod({ pool, ec2: { ...reallocated, reads } });
  await clock.wait(70_000);
  const gone = ec2.snapshot().addresses.find(({ publicIp }) => publicIp === wanted);
  await ec2.releaseAddress({ allocationId: gone?.allocationId ?? '' });
  const refused: unknown = await ensurePublicIdentity(spec, { node }).catch((e: unknown) => e);
  expect(refused).toMatchObject({
    code: 'CredentialsRefused',
    retry: 'later',
    remedy: expect.stringContaining(`${wanted} may be another account's`) as string,
  });
  const without = { ...spec, excludeAddresses: [wanted] };
  const { identity } = await ensurePublicIdentity(without, { node });
  expect(identity.publicIp).not.toBe(wanted);
});

it('credentials that are refused are said to be so, as soon as a describe is refused too', async () => {
  const { spec, ec2, clock } = simulatedPod({ pool });
  ec2.inject({ action: 'AssociateAddress', error: 'AuthFailure' });
  let described = 0;
  const expired = aroundEc2(ec2, (action, call, make) => {
    const isAfter = ec2.calls.count('AssociateAddress') > 0 && action === 'DescribeAddresses';
    if (isAfter && described++ === 0) ec2.inject({ action, error: 'AuthFailure' });
    return make(call);
  });
  const link = { macAddress: '02:00:00:00:02:0a', privateIp: '10.0.2.128' as Ipv4Address };
  const grant = directGrant({ ec2: expired, clock }).acquire({
    spec: parseIdentitySpec(spec),
    link,
    onClaimed: async () => {},
  });
  await expect(grant).rejects.toMatchObject({ code: 'CredentialsRefused', retry: 'never' });
  expect(ec2.calls.count('AssociateAddress')).toBe(1);
});

it('in managed mode it is the trouble of nobody: each pod gets another one', async () => {
  const built = new ManagedRegion({ addresses: 6, ec2: reallocated });
  region = built;
  built.control();
  await built.clock.advance(10_000);
  for (const { allocationId } of built.ec2.snapshot().addresses.slice(0, 2)) {
    await built.ec2.releaseAddress({ allocationId });
  }
  const pods = [0, 1, 2, 3].map((number) => built.pod(`gateway-${number}`));
  const all = pods.map(({ spec, node }) => ensurePublicIdentity(spec, { node }));
  const held = await built.run(Promise.all(all));
  expect(new Set(held.map(({ identity }) => identity.publicIp)).size).toBe(4);
});
