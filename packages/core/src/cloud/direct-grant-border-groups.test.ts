import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec, type IdentitySpecInput } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant, type DirectGrantParts } from './direct-grant.ts';
import { aroundEc2 } from './ec2/around-ec2.ts';
import type { Ec2Api, ElasticIp } from './ec2/ec2-api.ts';
import type { Grant } from './identity-grant.ts';

const region = 'us-west-2';
const local = 'us-west-2-lax-1';
const macs = { [`${region}a`]: '02:00:00:00:00:0a', [`${local}a`]: '02:00:00:00:00:1a' };
type Zone = keyof typeof macs;

/** A node in one of the region's own zones, one in a Local Zone, and one pool. */
function build(groups: readonly string[], options: Partial<SimulatedEc2Options> = {}) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  for (const [index, [availabilityZone, macAddress]] of Object.entries(macs).entries()) {
    const { subnetId } = ec2.createSubnet({ vpcId, cidr: `10.0.${index}.0/24`, availabilityZone });
    const { instanceId } = ec2.createInstance();
    ec2.createNetworkInterface({ subnetId, instanceId, macAddress, sourceDestCheck: false });
  }
  for (const networkBorderGroup of groups) {
    ec2.allocateAddress({ networkBorderGroup, tags: { [poolTagKey]: 'media' } });
  }
  let pods = 0;
  const acquire = async (
    zone: Zone,
    spec: Partial<IdentitySpecInput> = {},
    more: Partial<DirectGrantParts> = {},
  ): Promise<Grant> => {
    pods += 1;
    const subnet = Object.keys(macs).indexOf(zone);
    return directGrant({ ec2, clock, ...more }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: `sip-${pods}`, uid: `uid-${pods}` },
        pool: 'media',
        region,
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [routeTableId] },
        ...spec,
      }),
      link: {
        macAddress: macs[zone] ?? '',
        privateIp: `10.0.${subnet}.${100 + pods}` as Ipv4Address,
      },
      onClaimed: async () => {},
    });
  };
  const groupOf = ({ allocationId }: Grant): string | undefined =>
    ec2.snapshot().addresses.find((one) => one.allocationId === allocationId)?.networkBorderGroup;
  return { clock, ec2, acquire, groupOf };
}

async function refusalOf(acquired: Promise<Grant>): Promise<Error & { readonly remedy: string }> {
  try {
    await acquired;
  } catch (error) {
    return error as Error & { readonly remedy: string };
  }
  throw new Error('it was granted');
}

/** An Ec2Api that says nothing of groups. */
function tacit(ec2: SimulatedEc2): Ec2Api {
  return aroundEc2(ec2, async (action, call, make) => {
    const answer = await make(call);
    if (action !== 'DescribeAddresses') return answer;
    const addresses = answer as readonly ElasticIp[];
    return addresses.map(({ networkBorderGroup: _group, ...one }) => one) as typeof answer;
  });
}

const half = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? region : local));

describe('a pool with addresses of two network border groups', () => {
  it('gives each pod one of the group that its node is in, and is refused nothing', async () => {
    const { acquire, groupOf, ec2 } = build(half);
    for (let pod = 0; pod < 6; pod++) {
      expect(groupOf(await acquire(`${local}a`))).toBe(local);
      expect(groupOf(await acquire(`${region}a`))).toBe(region);
    }
    expect(ec2.calls.count('AssociateAddress')).toBe(12);
  });

  it('is exhausted once those of the group are taken, and says that others would not do', async () => {
    const { acquire, ec2 } = build([local, region, region]);
    await acquire(`${local}a`);
    const refused = await refusalOf(acquire(`${local}a`));
    expect(refused).toMatchObject({ code: 'PoolExhausted', retry: 'later' });
    expect(refused.message).toMatch(
      /None of the 3 .* 2 are of another network border group than eni-/,
    );
    expect(ec2.calls.count('AssociateAddress')).toBe(1);
  });

  it('says nothing of groups where there is one only', async () => {
    const { acquire } = build([region]);
    await acquire(`${region}a`);
    const refused = await refusalOf(acquire(`${region}a`));
    expect(refused).toMatchObject({ code: 'PoolExhausted' });
    expect(refused.message).not.toContain('group');
  });

  it('gives a successor in another zone one of its own group, not the one that it frees', async () => {
    // describes go on showing the one that it frees as held: what is known of that is its own write
    const reads = { lagMs: { addresses: 5000 } };
    const { acquire, groupOf, ec2, clock } = build([region, local], { reads });
    clock.advance(10_000);
    const owner = { cluster: 'c', namespace: 'n', pod: 'sip', uid: 'uid-dead' };
    const dead = await acquire(`${region}a`, { owner });
    clock.advance(10_000);
    const heir = { ...owner, uid: 'uid-heir' };
    const pods = [{ uid: heir.uid, privateIps: ['10.0.1.102' as Ipv4Address] }];
    const live = { livePods: async () => ({ complete: true, pods }) };
    expect(groupOf(await acquire(`${local}a`, { owner: heir }, { live }))).toBe(local);
    const { addresses } = ec2.snapshot();
    const freed = addresses.find(({ publicIp }) => publicIp === dead.publicIp);
    expect(freed?.associationId).toBeUndefined();
  });
});

describe('a pool without an address of the group', () => {
  it.each([
    [`${local}a`, local, [region, region]],
    [`${region}a`, region, [local]],
    [`${local}a`, local, [region, 'us-west-2-phx-2']],
  ] as const)('a pod in %s is told of %s, before it claims', async (zone, group, groups) => {
    const { acquire, ec2 } = build(groups);
    const before = ec2.snapshot();
    const refused = await refusalOf(acquire(zone));
    expect(refused).toMatchObject({ code: 'WrongNetworkBorderGroup', retry: 'never' });
    for (const word of [...groups, group, zone, `${groups.length} Elastic IPs`, 'media']) {
      expect(refused.message).toContain(word);
    }
    expect(refused.remedy).toContain(`--network-border-group ${group}.`);
    expect(refused.remedy).toContain(`${poolTagKey}=media`);
    expect(ec2.calls.countWrites()).toBe(0);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('an address that is named is refused before it is claimed', async () => {
    const { acquire, ec2 } = build([region, local]);
    const [address] = ec2.snapshot().addresses;
    const named = address?.publicIp ?? '';
    const refused = await refusalOf(acquire(`${local}a`, { address: named }));
    expect(refused).toMatchObject({ code: 'WrongNetworkBorderGroup', retry: 'never' });
    expect(refused.message).toMatch(
      new RegExp(`^${named} is of network border group us-west-2, eni-\\w+ in us-west-2-lax-1a of`),
    );
    expect(ec2.calls.countWrites()).toBe(0);
  });

  it('grows by one of the group', async () => {
    const { acquire, groupOf, ec2 } = build([region]);
    const allocate = { upTo: 3 };
    expect(groupOf(await acquire(`${local}a`, {}, { allocate }))).toBe(local);
    await acquire(`${region}a`);
    expect(groupOf(await acquire(`${region}a`, {}, { allocate }))).toBe(region);
    const asked = ec2.calls.entries.filter(({ action }) => action === 'AllocateAddress');
    expect(asked).toMatchObject([
      { input: { networkBorderGroup: local } },
      { input: { networkBorderGroup: undefined } },
    ]);
    expect(ec2.calls.count('AssociateAddress')).toBe(3);
  });
});

describe('EC2 refuses although no group is known', () => {
  it.each([
    'OperationNotPermitted',
    'InvalidParameterCombination',
    'InvalidParameterValue',
    'InvalidAddress.NotFound',
  ] as const)('%s ends it at once, with what to do', async (borderGroupCode) => {
    const { acquire, ec2 } = build(
      Array.from({ length: 40 }, () => region),
      { borderGroupCode },
    );
    const before = ec2.snapshot();
    const refused = await refusalOf(acquire(`${local}a`, {}, { ec2: tacit(ec2) }));
    expect(refused).toMatchObject({ code: 'WrongNetworkBorderGroup', retry: 'never' });
    expect(refused.message).toMatch(
      new RegExp(`claiming .* AssociateAddress was answered ${borderGroupCode}: .*border groups`),
    );
    expect(refused.remedy).toContain('describe-availability-zones');
    expect(ec2.calls.count('AssociateAddress')).toBe(1);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('and claims as ever where EC2 does not', async () => {
    const { acquire, groupOf, ec2 } = build([local]);
    expect(groupOf(await acquire(`${local}a`, {}, { ec2: tacit(ec2) }))).toBe(local);
  });
});
