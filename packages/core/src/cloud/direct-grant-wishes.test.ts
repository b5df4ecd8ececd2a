import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec, type IdentitySpecInput } from '../identity/identity-spec.ts';
import { poolTagKey, releasedTagKey, reservedTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant, type DirectGrantParts } from './direct-grant.ts';
import type { Grant } from './identity-grant.ts';

const macAddress = '02:00:00:00:00:aa';

function build(
  pool: readonly Readonly<Record<string, string>>[],
  options: Partial<SimulatedEc2Options> = {},
) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({ subnetId, instanceId, macAddress, sourceDestCheck: false });
  for (const tags of pool) ec2.allocateAddress({ tags: { [poolTagKey]: 'media', ...tags } });
  const acquire = (
    spec: Partial<IdentitySpecInput> = {},
    more: Partial<DirectGrantParts> = {},
    pod = 0,
  ): Promise<Grant> =>
    directGrant({ ec2, clock, ...more }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: `sip-${pod}`, uid: `uid-${pod}` },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [routeTableId] },
        ...spec,
      }),
      link: { macAddress, privateIp: `10.0.2.${100 + pod}` as Ipv4Address },
      onClaimed: async () => {},
    });
  return { clock, ec2, acquire };
}

describe('an acquire with wishes', () => {
  it('has the address that is asked for, and gives up another one that it had', async () => {
    const { acquire, ec2 } = build([{}, {}, {}, {}]);
    const any = await acquire();
    const wanted = ['203.0.113.1', '203.0.113.2'].find((one) => one !== any.publicIp) ?? '';
    const grant = await acquire({ address: wanted });
    expect(grant.publicIp).toBe(wanted);
    const { addresses, routeTables } = ec2.snapshot();
    expect(addresses.filter(({ associationId }) => associationId)).toHaveLength(1);
    const routes = routeTables.flatMap((table) =>
      table.routes.map((one) => one.destinationCidrBlock),
    );
    expect(routes.filter((one) => one.endsWith('/32'))).toEqual([`${wanted}/32`]);
  });

  it.each<[string, Readonly<Record<string, string>>[], string, RegExp]>([
    ['is not in the pool', [{}], '203.0.113.9', /203\.0\.113\.9.*not in the pool/],
    ['is reserved', [{ [reservedTagKey]: 'n/sip-7' }], '203.0.113.1', /reserved for n\/sip-7/],
  ])(
    'says why the one that is asked for cannot be had: it %s',
    async (_what, pool, address, why) => {
      const { acquire, ec2 } = build(pool);
      const error: unknown = await acquire({ address }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'AddressUnavailable', retry: 'later' });
      expect((error as Error).message).toMatch(why);
      expect(ec2.calls.count('AssociateAddress')).toBe(0);
    },
  );

  it('says who has the one that is asked for, and keeps the other that it has', async () => {
    const { acquire, ec2 } = build([{}, {}]);
    const first = await acquire();
    const second = await acquire({}, {}, 1);
    const before = ec2.snapshot();
    const error: unknown = await acquire({ address: first.publicIp }, {}, 1).catch(
      (reason: unknown) => reason,
    );
    expect((error as Error).message).toMatch(/10\.0\.2\.100 on eni-\w+ has it/);
    expect(ec2.snapshot()).toEqual(before);
    expect(second.publicIp).not.toBe(first.publicIp);
  });

  it('never has one that is excluded', async () => {
    const { acquire } = build([{}, {}, {}]);
    const excludeAddresses = ['203.0.113.1', '203.0.113.3'];
    expect((await acquire({ excludeAddresses })).publicIp).toBe('203.0.113.2');
  });

  it('leaves an address that another pod has just let go to cool down', async () => {
    const { acquire, ec2, clock } = build([{}]);
    const coolDown = { ms: 600_000, clock };
    const first = await acquire({}, { coolDown });
    const grants = directGrant({ ec2, clock, coolDown });
    await grants.release(first);
    const [address] = ec2.snapshot().addresses;
    expect(address?.tags).toContainEqual({ key: releasedTagKey, value: '1767225600/c/n/sip-0' });
    ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
    for (const pod of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const other = await acquire({}, { coolDown }, pod);
      expect(other.publicIp).not.toBe(first.publicIp);
      await directGrant({ ec2, clock }).release(other);
    }
    expect((await acquire({}, { coolDown })).publicIp).toBeDefined();
  });

  it('writes no tag more where no cool-down is set', async () => {
    const { acquire, ec2, clock } = build([{}]);
    const grant = await acquire();
    ec2.calls.clear();
    await directGrant({ ec2, clock }).release(grant);
    expect(ec2.calls.count('CreateTags')).toBe(0);
  });
});

describe('a refusal that no other address would mend', () => {
  it.each([
    ['UnauthorizedOperation', 'AccessDenied'],
    ['AddressLimitExceeded', 'LimitExceeded'],
    ['AuthFailure', 'CredentialsRefused'],
    ['Gateway.NotAttached', 'CloudRefused'],
  ])('%s stops at once, and does not burn through a pool of forty', async (ec2Code, code) => {
    const { acquire, ec2 } = build(Array.from({ length: 40 }, () => ({})));
    ec2.inject({ action: 'AssociateAddress', error: ec2Code, times: 99 });
    const refused: unknown = await acquire().catch((reason: unknown) => reason);
    expect(refused).toMatchObject({ code, remedy: expect.stringMatching(/\w{3}/) as string });
    expect(ec2.calls.count('AssociateAddress')).toBe(1);
    expect(ec2.calls.count()).toBeLessThan(20);
  });
});

describe('a pool that may grow', () => {
  const allocate = { upTo: 2, tags: { team: 'voice' } };

  it.each([0, 1])('of %i addresses grows when none is free, as far as allowed', async (size) => {
    const { acquire, ec2 } = build(Array.from({ length: size }, () => ({})));
    const grants: Grant[] = [];
    for (const pod of [0, 1]) grants.push(await acquire({}, { allocate }, pod));
    expect(new Set(grants.map(({ publicIp }) => publicIp)).size).toBe(2);
    expect(ec2.calls.count('AllocateAddress')).toBe(2 - size);
    const tags = [
      { key: poolTagKey, value: 'media' },
      { key: 'team', value: 'voice' },
    ];
    expect(ec2.snapshot().addresses.at(-1)?.tags).toEqual(expect.arrayContaining(tags));
    const third = acquire({}, { allocate }, 2);
    await expect(third).rejects.toMatchObject({ code: 'PoolExhausted' });
    expect(ec2.calls.count('AllocateAddress')).toBe(2 - size);
  });

  it('does not when an address is free, when nobody allows it, or when only one will do', async () => {
    const { acquire, ec2 } = build([{}]);
    await acquire({}, { allocate });
    await expect(acquire({}, {}, 1)).rejects.toMatchObject({ code: 'PoolExhausted' });
    const address = '203.0.113.1';
    await expect(acquire({ address }, { allocate }, 1)).rejects.toMatchObject({
      code: 'AddressUnavailable',
    });
    expect(ec2.calls.count('AllocateAddress')).toBe(0);
  });

  it('allocates one only when the answer is lost', async () => {
    const { acquire, ec2 } = build([]);
    ec2.inject({ action: 'AllocateAddress', loseAnswer: true });
    const grant = await acquire({}, { allocate });
    expect(ec2.snapshot().addresses.map(({ publicIp }) => publicIp)).toEqual([grant.publicIp]);
  });

  it('allocates no second one while describes do not show the one whose answer is lost', async () => {
    const { acquire, ec2 } = build([], { reads: { lagMs: { addresses: 60_000 } } });
    ec2.inject({ action: 'AllocateAddress', loseAnswer: true });
    await expect(acquire({}, { allocate })).rejects.toMatchObject({ code: 'PoolEmpty' });
    expect(ec2.calls.count('AllocateAddress')).toBe(1);
  });

  it('claims what it has allocated, though describes are a minute behind', async () => {
    const { acquire, ec2 } = build([], { reads: { lagMs: { addresses: 60_000 } } });
    const grant = await acquire({}, { allocate });
    expect(ec2.snapshot().addresses).toMatchObject([{ associationId: grant.associationId }]);
  });

  it('waits until EC2 knows what it has allocated, and allocates no second one', async () => {
    const reads = { lagMs: { addresses: 60_000 } };
    const { acquire, ec2 } = build([], { reads, freshAddressMs: 5000 });
    const grant = await acquire({}, { allocate });
    expect(ec2.calls.count('AllocateAddress')).toBe(1);
    expect(ec2.snapshot().addresses).toMatchObject([{ associationId: grant.associationId }]);
  });

  it.each([
    ['AddressLimitExceeded', 'LimitExceeded'],
    ['InsufficientAddressCapacity', 'LimitExceeded'],
    ['UnauthorizedOperation', 'AccessDenied'],
  ])('stops at once when EC2 answers %s', async (ec2Code, code) => {
    const { acquire, ec2 } = build([]);
    ec2.inject({ action: 'AllocateAddress', error: ec2Code, times: 99 });
    await expect(acquire({}, { allocate })).rejects.toMatchObject({ code });
    expect(ec2.calls.count('AllocateAddress')).toBe(1);
  });
});
