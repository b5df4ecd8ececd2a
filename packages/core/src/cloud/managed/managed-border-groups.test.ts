import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import { poolTagKey } from '../../identity/owner.ts';
import { ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';

const tags = { [poolTagKey]: 'media' };
const local = 'eu-central-1-ham-1';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

function open(setup: ConstructorParameters<typeof ManagedRegion>[0]): ManagedRegion {
  region = new ManagedRegion(setup);
  return region;
}

function ensure(pod: ManagedPod): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node });
}

it('a pod gets an address of the network border group of its zone, or is told that there is none; the others go on', async () => {
  const built = open({ addresses: 1 });
  for (const publicIp of ['203.0.113.101', '203.0.113.102', '203.0.113.103']) {
    built.ec2.allocateAddress({ publicIp, networkBorderGroup: local, tags });
  }
  built.control();
  const [first, second, third] = [built.pod('one'), built.pod('two'), built.pod('three')];
  const named = { ...third.spec, address: '203.0.113.102' };
  const told = ensurePublicIdentity(named, { node: third.node });
  await expect(built.run(told)).rejects.toMatchObject({
    code: 'WrongNetworkBorderGroup',
    retry: 'never',
    remedy: expect.stringContaining('--network-border-group eu-central-1.') as string,
  });
  const held = await built.run(ensure(first));
  expect(held.identity.publicIp).toBe('203.0.113.1');
  const waiting = ensure(second);
  await built.clock.advance(20_000);
  expect(await built.claims.list()).toContainEqual(
    expect.objectContaining({
      status: expect.objectContaining({
        trouble: expect.objectContaining({ code: 'PoolExhausted' }) as unknown,
      }) as unknown,
    }),
  );
  await built.run(held.release());
  expect((await built.run(waiting)).identity.publicIp).toBe('203.0.113.1');
  expect(built.ec2.calls.count('AssociateAddress')).toBe(2);
});

it('a claim that EC2 refuses for its network border group ends for its pod, and no other address is tried', async () => {
  const built = open({ addresses: 0 });
  // no describe tells of groups
  const tacit = aroundEc2(built.ec2, async (action, call, make) => {
    const answer = await make(call);
    if (action !== 'DescribeAddresses') return answer;
    const addresses = answer as readonly ElasticIp[];
    return addresses.map(({ networkBorderGroup: _group, ...one }) => one) as typeof answer;
  });
  for (let number = 0; number < 9; number++) {
    built.ec2.allocateAddress({ networkBorderGroup: local, tags });
  }
  built.control('one', { ec2: tacit });
  const refused = ensure(built.pod('gateway-0'));
  await expect(built.run(refused)).rejects.toMatchObject({
    code: 'WrongNetworkBorderGroup',
    retry: 'never',
  });
  await built.clock.advance(60_000);
  expect(built.ec2.calls.count('AssociateAddress')).toBe(1);
});
