import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Ec2Action } from '../testing/simulated-ec2/call-log.ts';
import { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Ec2Api } from './ec2-api.ts';
import type { Grant } from './identity-grant.ts';

const clock = new FakeClock();
const macAddress = '02:00:00:00:00:aa';

function build() {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({ subnetId, instanceId, macAddress, sourceDestCheck: false });
  for (let index = 0; index < 3; index++) ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  return { ec2, routeTableIds };
}

type Built = ReturnType<typeof build>;

function acquire(
  { routeTableIds }: Built,
  ec2: Ec2Api,
  pod: number,
  published?: Grant,
): Promise<Grant> {
  return directGrant({ ec2, clock }).acquire({
    spec: parseIdentitySpec({
      owner: { cluster: 'c', namespace: 'n', pod: `sip-${pod}`, uid: `uid-${pod}` },
      pool: 'media',
      region: 'eu-central-1',
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds },
    }),
    link: { macAddress, privateIp: `10.0.2.${10 + pod}` as Ipv4Address },
    onClaimed: async () => {},
    published,
  });
}

const actions = {
  describeAddresses: 'DescribeAddresses',
  describeNetworkInterfaces: 'DescribeNetworkInterfaces',
  describeRouteTables: 'DescribeRouteTables',
} as const satisfies Partial<Record<keyof Ec2Api, Ec2Action>>;

/** EC2 whose n-th describe is so many changes behind; the list over, describes are up to date. */
function lagging(ec2: SimulatedEc2, lags: readonly number[]): Ec2Api {
  let describes = 0;
  return new Proxy<Ec2Api>(ec2, {
    get(target, name: keyof Ec2Api) {
      return (input: never) => {
        if (Object.hasOwn(actions, name)) {
          const staleByChanges = lags[describes++] ?? 0;
          const action = actions[name as keyof typeof actions];
          if (staleByChanges > 0) ec2.inject({ action, staleByChanges });
        }
        return target[name](input);
      };
    },
  });
}

const lags = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 9 })), { maxLength: 60 });

function heldIn({ ec2 }: Built, grant: Grant): unknown {
  const { addresses, routeTables } = ec2.snapshot();
  const { tags, ...address } =
    addresses.find(({ allocationId }) => allocationId === grant.allocationId) ?? {};
  const routed = routeTables.filter(({ routes }) =>
    routes.some(
      (route) =>
        route.destinationCidrBlock === `${grant.publicIp}/32` &&
        route.networkInterfaceId === grant.networkInterfaceId,
    ),
  );
  return { address, tags: tags?.length, routed: routed.map(({ routeTableId }) => routeTableId) };
}

function expectedOf(grant: Grant): unknown {
  return {
    address: {
      allocationId: grant.allocationId,
      publicIp: grant.publicIp,
      associationId: grant.associationId,
      networkInterfaceId: grant.networkInterfaceId,
      privateIpAddress: grant.privateIp,
    },
    tags: 2,
    routed: grant.routeTableIds,
  };
}

describe('describes that lag behind, each by its own number of changes', () => {
  test.prop([lags])('an acquire claims one address and holds all that it says', async (behind) => {
    const built = build();
    let claims = 0;
    built.ec2.onChange(({ kind }) => {
      if (kind === 'address-associated') claims += 1;
    });
    const grant = await acquire(built, lagging(built.ec2, behind), 1);
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
    expect(claims).toBe(1);
    // assign, associate, tag, two routes: nothing twice, nothing undone
    expect(built.ec2.calls.countWrites()).toBe(5);
  });

  test.prop([lags])('an acquire robs nobody of what it does not see yet', async (behind) => {
    const built = build();
    const first = await acquire(built, built.ec2, 1);
    const second = await acquire(built, lagging(built.ec2, behind), 2);
    expect(second.publicIp).not.toBe(first.publicIp);
    expect(heldIn(built, first)).toEqual(expectedOf(first));
    expect(heldIn(built, second)).toEqual(expectedOf(second));
  });

  test.prop([lags])(
    'a release, repeated once reads are up to date, leaves nothing',
    async (behind) => {
      const built = build();
      const before = built.ec2.snapshot();
      const other = await acquire(built, built.ec2, 2);
      const grant = await acquire(built, built.ec2, 1);
      await directGrant({ ec2: lagging(built.ec2, behind), clock }).release(grant);
      await directGrant({ ec2: built.ec2, clock }).release(grant);
      expect(heldIn(built, other)).toEqual(expectedOf(other));
      await directGrant({ ec2: built.ec2, clock }).release(other);
      expect(built.ec2.snapshot()).toEqual(before);
    },
  );

  test.prop([fc.integer({ min: 1, max: 9 })])(
    'one release right after the acquire is enough when a look or two are behind',
    async (staleByChanges) => {
      const built = build();
      const before = built.ec2.snapshot();
      const grant = await acquire(built, built.ec2, 1);
      const all = Array.from({ length: 6 }, () => staleByChanges);
      await directGrant({ ec2: lagging(built.ec2, all), clock }).release(grant);
      expect(built.ec2.snapshot()).toEqual(before);
    },
  );
});

/** The address of a pool of one has gone from one pod to another, whose claim stands published. */
async function publishAfterAnother() {
  const built = build();
  await acquire(built, built.ec2, 1);
  await acquire(built, built.ec2, 2);
  const former = await acquire(built, built.ec2, 3);
  await directGrant({ ec2: built.ec2, clock }).release(former);
  const published = await acquire(built, built.ec2, 4);
  expect(published.publicIp).toBe(former.publicIp);
  return { built, published };
}

/** The lags of the describes from first to last: an interface, route tables, then looks. */
async function acquireAgain(behind: readonly number[]): Promise<void> {
  const { built, published } = await publishAfterAnother();
  const changes: string[] = [];
  built.ec2.onChange(({ kind }) => void changes.push(kind));
  expect(await acquire(built, lagging(built.ec2, behind), 4, published)).toEqual(published);
  expect(heldIn(built, published)).toEqual(expectedOf(published));
  expect(changes).not.toContain('address-associated');
  expect(changes).not.toContain('address-disassociated');
}

describe('what stands published, acquired again by the next process', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('is kept when its describe %i is behind', async (at) => {
    for (let lag = 1; lag <= 15; lag++) await acquireAgain([...Array<number>(at).fill(0), lag]);
  });

  it('is kept, as the private IP is to be taken off, when the parts of a look are behind', async () => {
    for (let ofInterface = 1; ofInterface <= 15; ofInterface++) {
      for (let ofAddresses = 1; ofAddresses <= 15; ofAddresses++) {
        await acquireAgain([0, 0, ofInterface, ofAddresses]);
      }
      // its record and two routes were the last changes
      await acquireAgain([0, 0, ofInterface, 3, 0, 3]);
    }
  });

  it('is given up when two looks show another association of its address', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, allocationId } = published;
    await built.ec2.disassociateAddress({ associationId });
    const { instanceId } = built.ec2.createInstance();
    const [subnet] = built.ec2.snapshot().subnets;
    const subnetId = subnet?.subnetId ?? '';
    const { networkInterfaceId } = built.ec2.createNetworkInterface({ subnetId, instanceId });
    await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    built.ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
    built.ec2.calls.clear();
    const grant = await acquire(built, built.ec2, 4, published);
    expect(grant.publicIp).not.toBe(published.publicIp);
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
    // looked for twice, claimed, and in two looks more its routes
    expect(built.ec2.calls.count('DescribeAddresses')).toBe(5);
  });
});

it('a private IP that somebody else registered, which no describe shows yet, is left to him', async () => {
  const built = build();
  const { ec2 } = built;
  const [eni] = ec2.snapshot().networkInterfaces;
  const networkInterfaceId = eni?.networkInterfaceId ?? '';
  await ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses: ['10.0.2.11'],
    allowReassignment: false,
  });
  const before = ec2.snapshot();
  const grant = await acquire(built, lagging(ec2, Array<number>(3).fill(1)), 1);
  expect(grant.privateIpAssignedByUs).toBe(false);
  await directGrant({ ec2, clock }).release(grant);
  expect(ec2.snapshot()).toEqual(before);
});

it('a private IP of a first try whose answer was lost is ours all the same', async () => {
  const built = build();
  const { ec2 } = built;
  const before = ec2.snapshot();
  ec2.inject({ action: 'AssignPrivateIpAddresses', loseAnswer: true });
  const grant = await acquire(built, lagging(ec2, Array<number>(6).fill(1)), 1);
  expect(grant.privateIpAssignedByUs).toBe(true);
  await directGrant({ ec2, clock }).release(grant);
  expect(ec2.snapshot()).toEqual(before);
});
