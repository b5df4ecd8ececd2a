import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { formatHandover, handoverTagKey } from '../identity/handover.ts';
import { formatOwnerTag, ownerTagKey, poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { Ec2Action } from '../testing/simulated-ec2/call-log.ts';
import { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Ec2Api } from './ec2/ec2-api.ts';
import type { Grant, PublishedGrant } from './identity-grant.ts';

const clock = new FakeClock();
const macAddress = '02:00:00:00:00:aa';

function build() {
  const variants = { claimScope: 'privateIp', occupiedPrivateIp: 'displace' } as const;
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', ...variants });
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

interface AcquireMore {
  readonly published?: PublishedGrant;
  readonly address?: string;
  readonly onClaimed?: () => Promise<void>;
}

function acquire(
  { routeTableIds }: Built,
  ec2: Ec2Api,
  pod: number,
  { onClaimed = async () => {}, ...more }: AcquireMore = {},
): Promise<Grant> {
  return directGrant({ ec2, clock }).acquire({
    spec: parseIdentitySpec({
      owner: { cluster: 'c', namespace: 'n', pod: `sip-${pod}`, uid: `uid-${pod}` },
      pool: 'media',
      region: 'eu-central-1',
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds },
      address: more.address,
    }),
    link: { macAddress, privateIp: `10.0.2.${10 + pod}` as Ipv4Address },
    onClaimed,
    published: more.published,
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
      networkBorderGroup: 'eu-central-1',
      associationId: grant.associationId,
      networkInterfaceId: grant.networkInterfaceId,
      privateIpAddress: grant.privateIp,
    },
    tags: 2,
    routed: grant.routeTableIds,
  };
}

it('an address that was let go for another pod, and that describes show as ours still, is not taken back', async () => {
  const built = build();
  const before = await acquire(built, built.ec2, 4);
  const { allocationId, associationId, routeTableIds, publicIp } = before;
  const by = { cluster: 'c', namespace: 'n', pod: 'standby', uid: 'uid-standby' };
  const request = formatHandover({ by, associationId, untilMs: clock.now() + 90_000 });
  const resources = [allocationId];
  await built.ec2.createTags({ resources, tags: [{ key: handoverTagKey, value: request }] });
  await directGrant({ ec2: built.ec2, clock }).release(before);
  // the standby is quick: its routes may lead to the same network interface
  const [routeTableId = ''] = routeTableIds;
  const route = { routeTableId, destinationCidrBlock: `${publicIp}/32` };
  const { networkInterfaceId } = before;
  await built.ec2.createRoute({ ...route, networkInterfaceId });
  const after = built.ec2.snapshot().addresses.find((one) => one.publicIp === publicIp);
  const grant = await acquire(built, lagging(built.ec2, [6, 6, 6, 6]), 4);
  expect(grant.publicIp).not.toBe(publicIp);
  expect(heldIn(built, grant)).toEqual(expectedOf(grant));
  const { addresses, routeTables } = built.ec2.snapshot();
  expect(addresses).toContainEqual(after);
  const routes = routeTables.flatMap((table) => table.routes);
  expect(routes).toContainEqual(
    expect.objectContaining({ destinationCidrBlock: `${publicIp}/32` }),
  );
});

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

/** An address that its pod would not choose has gone to it from another one, and the claim stands published. */
async function publishAfterAnother() {
  const built = build();
  const direct = directGrant({ ec2: built.ec2, clock });
  built.ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  await acquire(built, built.ec2, 1);
  await acquire(built, built.ec2, 2);
  const liked = await acquire(built, built.ec2, 4);
  const former = await acquire(built, built.ec2, 3);
  await direct.release(liked);
  await direct.release(former);
  const { publicIp: address } = former;
  await direct.release(await acquire(built, built.ec2, 3, { address }));
  const grant = await acquire(built, built.ec2, 4, { address });
  return { built, published: { ...grant, claimedAtUptimeMs: clock.elapsed() } };
}

/** Somebody else's. */
function addInterface({ ec2 }: Built) {
  const { instanceId } = ec2.createInstance();
  const subnetId = ec2.snapshot().subnets[0]?.subnetId ?? '';
  return ec2.createNetworkInterface({ subnetId, instanceId });
}

/** The lags of the describes from first to last: an interface, route tables, then looks. */
async function acquireAgain(behind: readonly number[]): Promise<void> {
  const { built, published } = await publishAfterAnother();
  const changes: string[] = [];
  built.ec2.onChange(({ kind }) => void changes.push(kind));
  const { claimedAtUptimeMs: _claimedAt, ...grant } = published;
  expect(await acquire(built, lagging(built.ec2, behind), 4, { published })).toEqual(grant);
  expect(heldIn(built, published)).toEqual(expectedOf(published));
  expect(changes).not.toContain('address-associated');
  expect(changes).not.toContain('address-disassociated');
}

describe('what stands published, acquired again by the next process', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('is kept when its describe %i is behind', async (at) => {
    for (let lag = 1; lag <= 15; lag++) await acquireAgain([...Array<number>(at).fill(0), lag]);
  });

  it.each([2, 6, 12])('is kept when %i describes are behind', async (count) => {
    for (let lag = 1; lag <= 15; lag++) await acquireAgain(Array<number>(count).fill(lag));
  });

  it('is kept, as the private IP is to be taken off, when the parts of a look are behind', async () => {
    for (let ofInterface = 1; ofInterface <= 6; ofInterface++) {
      for (let ofAddresses = 1; ofAddresses <= 6; ofAddresses++) {
        await acquireAgain([0, 0, ofInterface, ofAddresses]);
      }
      // its record and two routes were the last changes
      await acquireAgain([0, 0, ofInterface, 3, 0, 3]);
    }
  });

  it.each([
    ['once describes have caught up, when it is young', 0, 12_000],
    ['at the second look, when it is old', 60_000, 0],
  ])('is given up %s', async (_when, ageMs, atLeastMs) => {
    const { built, published } = await publishAfterAnother();
    const { associationId, allocationId } = published;
    const { networkInterfaceId } = addInterface(built);
    await built.ec2.disassociateAddress({ associationId });
    await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    clock.advance(ageMs);
    const startMs = clock.elapsed();
    const grant = await acquire(built, built.ec2, 4, { published });
    expect(grant.publicIp).not.toBe(published.publicIp);
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
    const tookMs = clock.elapsed() - startMs;
    expect(tookMs).toBeGreaterThan(atLeastMs);
    expect(tookMs).toBeLessThanOrEqual(atLeastMs + 5000);
  });

  it('is given up at once where EC2 refuses it, whatever describes show later', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, allocationId } = published;
    const { networkInterfaceId } = addInterface(built);
    await built.ec2.disassociateAddress({ associationId });
    await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    const startMs = clock.elapsed();
    // the first look is from before the other claim
    const grant = await acquire(built, lagging(built.ec2, [0, 0, 1, 1]), 4, { published });
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
    expect(clock.elapsed() - startMs).toBeLessThan(5000);
  });

  it('is waited for no more once it was given back, since another pod of the node has it on its link', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, allocationId } = published;
    const { networkInterfaceId } = addInterface(built);
    built.ec2.onChange(async (change) => {
      const isGivenBack =
        change.kind === 'address-disassociated' && change.associationId === associationId;
      if (isGivenBack) await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    });
    let claims = 0;
    const onClaimed = async () => {
      if (++claims > 1) return;
      throw new CoreError({
        code: 'AddressHeldOnNode',
        message: 'in use',
        remedy: 'none',
        retry: 'later',
      });
    };
    const startMs = clock.elapsed();
    const grant = await acquire(built, built.ec2, 4, { published, onClaimed });
    expect(grant.publicIp).not.toBe(published.publicIp);
    expect(clock.elapsed() - startMs).toBeLessThan(5000);
  });

  it('is ended by no call of its own where it is free and another one is asked for', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId } = published;
    await built.ec2.disassociateAddress({ associationId });
    const { addresses } = built.ec2.snapshot();
    const other = addresses.find(
      (one) => one.associationId === undefined && one.publicIp !== published.publicIp,
    );
    built.ec2.calls.clear();
    const grant = await acquire(built, built.ec2, 4, { published, address: other?.publicIp ?? '' });
    expect(grant.publicIp).toBe(other?.publicIp);
    expect(built.ec2.calls.count('DisassociateAddress')).toBe(0);
  });

  it('is claimed again where it has ended', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, publicIp } = published;
    await built.ec2.disassociateAddress({ associationId });
    const grant = await acquire(built, built.ec2, 4, { published });
    expect(grant.publicIp).toBe(publicIp);
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
  });

  it('is left alone by an acquire that fails after claiming it again', async () => {
    const { built, published } = await publishAfterAnother();
    const before = built.ec2.snapshot();
    const claims = built.ec2.calls.count('AssociateAddress');
    const broken = new Error('no such link');
    const onClaimed = () => Promise.reject(broken);
    // before its claim, its record and two routes
    const ec2 = lagging(built.ec2, [0, 0, 4, 4]);
    const attempt = acquire(built, ec2, 4, { published, onClaimed });
    await expect(attempt).rejects.toBe(broken);
    expect(built.ec2.calls.count('AssociateAddress')).toBe(claims + 1);
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('is its own whoever wrote his record on it: the association is the lock', async () => {
    const { built, published } = await publishAfterAnother();
    const before = built.ec2.snapshot();
    const { allocationId, claimedAtUptimeMs: _claimedAt, ...rest } = published;
    const owner = { cluster: 'c', namespace: 'n', pod: 'sip-9', uid: 'uid-9' };
    const place = {
      privateIp: '10.0.2.99' as Ipv4Address,
      networkInterfaceId: 'eni-of-a-lost-node',
    };
    const value = formatOwnerTag({ ...place, owner, privateIpAssignedByUs: true });
    await built.ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    built.ec2.calls.clear();
    expect(await acquire(built, built.ec2, 4, { published })).toEqual({ allocationId, ...rest });
    expect(built.ec2.calls.countWrites()).toBe(1);
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('takes its private IP from no foreign address', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, networkInterfaceId, privateIp: privateIpAddress } = published;
    const { allocationId } = built.ec2.allocateAddress();
    await built.ec2.disassociateAddress({ associationId });
    await built.ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    const before = built.ec2.snapshot();
    const attempt = acquire(built, built.ec2, 4, { published });
    await expect(attempt).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere' });
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('comes back once what a dead pod left on its private IP has gone', async () => {
    const { built, published } = await publishAfterAnother();
    const { associationId, networkInterfaceId, privateIp: privateIpAddress } = published;
    const free = built.ec2.snapshot().addresses.find((one) => one.associationId === undefined);
    const allocationId = free?.allocationId ?? '';
    await built.ec2.disassociateAddress({ associationId });
    await built.ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    const record = { privateIp: published.privateIp, networkInterfaceId };
    const owner = { cluster: 'c', namespace: 'n', pod: 'sip-9', uid: 'uid-9' };
    const value = formatOwnerTag({ ...record, owner, privateIpAssignedByUs: true });
    await built.ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    const grant = await acquire(built, built.ec2, 4, { published });
    expect(grant.publicIp).toBe(published.publicIp);
    expect(heldIn(built, grant)).toEqual(expectedOf(grant));
    const { addresses } = built.ec2.snapshot();
    expect(addresses.find((one) => one.allocationId === allocationId)).toEqual(free);
    // and stays, when a look after the first shows that one there still
    for (let lag = 1; lag <= 15; lag++) {
      const ec2 = lagging(built.ec2, [0, 0, 0, 0, lag, lag]);
      expect(await acquire(built, ec2, 4, { published: grant })).toEqual(grant);
    }
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
