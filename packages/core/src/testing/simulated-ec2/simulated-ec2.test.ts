import { describe, expect, it } from 'vitest';
import type { Ec2Change } from './change.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './simulated-ec2.ts';

function build(options: Partial<SimulatedEc2Options> = {}) {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp', ...options });
  const { vpcId, mainRouteTableId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/28' });
  const { instanceId } = ec2.createInstance();
  const a = ec2.createNetworkInterface({ subnetId, instanceId }).networkInterfaceId;
  const b = ec2.createNetworkInterface({ subnetId, instanceId }).networkInterfaceId;
  const { allocationId, publicIp } = ec2.allocateAddress();
  return { ec2, vpcId, mainRouteTableId, subnetId, instanceId, a, b, allocationId, publicIp };
}

function holderOf(ec2: SimulatedEc2, allocationId: string): string | undefined {
  const address = ec2.snapshot().addresses.find((one) => one.allocationId === allocationId);
  return address?.networkInterfaceId;
}

describe('defaults of EC2 that hurt who forgets a flag', () => {
  it('AssociateAddress without AllowReassociation steals', async () => {
    const { ec2, a, b, allocationId } = build();
    await ec2.associateAddress({ allocationId, networkInterfaceId: a });
    const stolen = await ec2.associateAddress({ allocationId, networkInterfaceId: b });
    expect(holderOf(ec2, allocationId)).toBe(b);
    expect(ec2.snapshot().addresses[0]).toMatchObject({
      associationId: stolen.associationId,
      privateIpAddress: '10.0.2.5',
    });
  });

  it('AssociateAddress without PrivateIpAddress takes the primary', async () => {
    const { ec2, a, allocationId } = build();
    await ec2.assignPrivateIpAddresses({ networkInterfaceId: a, privateIpAddresses: ['10.0.2.9'] });
    await ec2.associateAddress({ allocationId, networkInterfaceId: a });
    expect(ec2.snapshot().addresses[0]?.privateIpAddress).toBe('10.0.2.4');
  });

  it('DeleteTags without a value deletes whatever the value, without tags everything', async () => {
    const { ec2, allocationId } = build();
    const resources = [allocationId];
    const tags = ['x', 'y', 'z'].map((key) => ({ key, value: `value of ${key}` }));
    await ec2.createTags({ resources, tags });
    await ec2.deleteTags({ resources, tags: [{ key: 'x' }, { key: 'y', value: 'another' }] });
    const keys = () => ec2.snapshot().addresses[0]?.tags.map(({ key }) => key);
    expect(keys()).toEqual(['y', 'z']);
    await ec2.deleteTags({ resources });
    expect(keys()).toEqual([]);
  });
});

describe('private IPs', () => {
  it('AllowReassignment=true moves a secondary address with its Elastic IP, never a primary', async () => {
    const { ec2, a, b, allocationId } = build();
    const privateIpAddress = '10.0.2.9';
    const move = (ip: string) =>
      ec2.assignPrivateIpAddresses({
        networkInterfaceId: b,
        privateIpAddresses: [ip],
        allowReassignment: true,
      });
    await ec2.assignPrivateIpAddresses({
      networkInterfaceId: a,
      privateIpAddresses: [privateIpAddress],
    });
    const first = await ec2.associateAddress({
      allocationId,
      networkInterfaceId: a,
      privateIpAddress,
    });
    await move(privateIpAddress);
    expect(ec2.snapshot().addresses[0]).toMatchObject({ networkInterfaceId: b, privateIpAddress });
    expect(ec2.snapshot().addresses[0]?.associationId).not.toBe(first.associationId);
    await expect(move('10.0.2.4')).rejects.toMatchObject({ ec2Code: 'InvalidParameterValue' });
  });

  it('a count takes the lowest free ones until the subnet is full', async () => {
    const { ec2, a } = build();
    const assign = (secondaryPrivateIpAddressCount: number) =>
      ec2.assignPrivateIpAddresses({ networkInterfaceId: a, secondaryPrivateIpAddressCount });
    const some = await assign(8);
    expect(some.assignedPrivateIpAddresses.slice(0, 2)).toEqual(['10.0.2.6', '10.0.2.7']);
    await expect(assign(2)).rejects.toMatchObject({ ec2Code: 'InsufficientFreeAddressesInSubnet' });
    const rest = await assign(1);
    expect(rest.assignedPrivateIpAddresses).toEqual(['10.0.2.14']);
  });

  it('needs exactly one of addresses and count', async () => {
    const { ec2, a: networkInterfaceId } = build();
    await expect(ec2.assignPrivateIpAddresses({ networkInterfaceId })).rejects.toMatchObject({
      ec2Code: 'MissingParameter',
    });
    const both = { secondaryPrivateIpAddressCount: 1, privateIpAddresses: ['10.0.2.9'] };
    await expect(
      ec2.assignPrivateIpAddresses({ networkInterfaceId, ...both }),
    ).rejects.toMatchObject({ ec2Code: 'InvalidParameterCombination' });
  });

  it('can answer a taken address with the other code that AWS documents', async () => {
    const { ec2, a } = build({ privateIpTakenCode: 'Resource.AlreadyAssociated' });
    const { subnetId } = ec2.snapshot().subnets[0] ?? { subnetId: '' };
    const other = ec2.createNetworkInterface({ subnetId }).networkInterfaceId;
    const privateIpAddresses = ['10.0.2.9'];
    await ec2.assignPrivateIpAddresses({ networkInterfaceId: other, privateIpAddresses });
    await expect(
      ec2.assignPrivateIpAddresses({ networkInterfaceId: a, privateIpAddresses }),
    ).rejects.toMatchObject({ ec2Code: 'Resource.AlreadyAssociated' });
  });
});

describe('what an association needs', () => {
  it('an Internet gateway, and an instance that is not pending', async () => {
    const { ec2, a, instanceId, allocationId } = build();
    ec2.setInstanceState({ instanceId, state: 'pending' });
    await expect(
      ec2.associateAddress({ allocationId, networkInterfaceId: a }),
    ).rejects.toMatchObject({ ec2Code: 'IncorrectInstanceState' });
    const { vpcId } = ec2.createVpc({ cidr: '10.9.0.0/16' });
    const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.9.0.0/24' });
    const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId });
    await expect(ec2.associateAddress({ allocationId, networkInterfaceId })).rejects.toMatchObject({
      ec2Code: 'Gateway.NotAttached',
    });
  });

  it('an address that is associated cannot be released, a free one can, once', async () => {
    const { ec2, a, allocationId } = build();
    const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId: a });
    const release = () => ec2.releaseAddress({ allocationId });
    await expect(release()).rejects.toMatchObject({ ec2Code: 'InvalidIPAddress.InUse' });
    await ec2.disassociateAddress({ associationId });
    await release();
    await expect(release()).rejects.toMatchObject({ ec2Code: 'InvalidAllocationID.NotFound' });
  });

  it('goes with a terminated instance, whose routes become black holes', async () => {
    const { ec2, a, instanceId, allocationId, publicIp, mainRouteTableId } = build();
    await ec2.associateAddress({ allocationId, networkInterfaceId: a });
    const destinationCidrBlock = `${publicIp}/32`;
    const routeTableId = mainRouteTableId;
    await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId: a });
    ec2.setInstanceState({ instanceId, state: 'terminated' });
    const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
    expect(addresses[0]).not.toHaveProperty('associationId');
    expect(networkInterfaces).toEqual([]);
    expect(routeTables[0]?.routes.at(-1)).toMatchObject({
      networkInterfaceId: a,
      state: 'blackhole',
    });
  });
});

describe('tags and filters', () => {
  it('stop at the limits of a tag, a resource and a request', async () => {
    const { ec2, allocationId } = build({ tagsPerResource: 2 });
    const create = (...tags: { key: string; value: string }[]) =>
      ec2.createTags({ resources: [allocationId], tags });
    await create({ key: 'a', value: '1' }, { key: 'b', value: '2' });
    await create({ key: 'a', value: 'x'.repeat(256) });
    await expect(create({ key: 'c', value: '3' })).rejects.toMatchObject({
      ec2Code: 'TagLimitExceeded',
    });
    for (const tag of [
      { key: 'a', value: 'x'.repeat(257) },
      { key: 'aws:a', value: '' },
      { key: '', value: '' },
    ]) {
      await expect(create(tag)).rejects.toMatchObject({ ec2Code: 'InvalidParameterValue' });
    }
    const values = Array.from({ length: 201 }, (_, index) => `10.0.0.${index}`);
    await expect(
      ec2.describeAddresses({ filters: [{ name: 'public-ip', values }] }),
    ).rejects.toMatchObject({ ec2Code: 'FilterLimitExceeded' });
  });

  it('know wildcards, and take other characters as they are', async () => {
    const { ec2, allocationId } = build();
    const tags = [{ key: 'name', value: 'a.b+c' }];
    await ec2.createTags({ resources: [allocationId], tags });
    const count = async (...values: string[]) => {
      const found = await ec2.describeAddresses({ filters: [{ name: 'tag:name', values }] });
      return found.length;
    };
    expect(await count('a.b+c')).toBe(1);
    expect(await count('none', 'a?b*')).toBe(1);
    expect(await count('a.b.c')).toBe(0);
    expect(await count('A.B+C')).toBe(0);
    expect(await count()).toBe(0);
  });

  it('know wildcards behind a backslash as the characters that they are', async () => {
    const { ec2, allocationId } = build();
    const count = async (value: string) => {
      const found = await ec2.describeAddresses({
        filters: [{ name: 'tag:name', values: [value] }],
      });
      return found.length;
    };
    const name = (value: string) =>
      ec2.createTags({ resources: [allocationId], tags: [{ key: 'name', value }] });
    await name('a*b?');
    expect(await count(String.raw`a\*b\?`)).toBe(1);
    expect(await count(String.raw`a\*?\?`)).toBe(1);
    await name('aabb');
    expect(await count('a*b?')).toBe(1);
    expect(await count(String.raw`a\*b\?`)).toBe(0);
    await name(String.raw`a\b`);
    expect(await count(String.raw`a\\b`)).toBe(1);
    expect(await count(String.raw`a\b`)).toBe(0);
  });
});

describe('the test hooks', () => {
  it('a write answers only when every listener has settled, and tells each change', async () => {
    const { ec2, a, b, allocationId } = build();
    const seen: Ec2Change['kind'][] = [];
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const stop = ec2.onChange(async (change) => {
      await gate;
      seen.push(change.kind);
    });
    await ec2.describeAddresses({});
    const write = ec2.associateAddress({ allocationId, networkInterfaceId: a });
    const read = ec2.describeAddresses({}).then(() => 'the later read');
    expect(await Promise.race([write, read])).toBe('the later read');
    expect(holderOf(ec2, allocationId)).toBe(a);
    release();
    await write;
    await ec2.associateAddress({ allocationId, networkInterfaceId: b });
    stop();
    await ec2.setSourceDestCheck({ networkInterfaceId: a, sourceDestCheck: false });
    expect(seen).toEqual(['address-associated', 'address-disassociated', 'address-associated']);
  });

  it('planted faults are used up in order; a lost answer is a call that was carried out', async () => {
    const { ec2, a, allocationId } = build();
    const associate = () => ec2.associateAddress({ allocationId, networkInterfaceId: a });
    ec2.inject({ action: 'AssociateAddress', error: 'RequestLimitExceeded', times: 2 });
    ec2.inject({ action: '*', loseAnswer: true });
    await expect(associate()).rejects.toMatchObject({ httpStatus: 503 });
    await expect(associate()).rejects.toMatchObject({ ec2Code: 'RequestLimitExceeded' });
    expect(holderOf(ec2, allocationId)).toBeUndefined();
    await expect(associate()).rejects.toMatchObject({
      ec2Code: 'TimeoutError',
      httpStatus: undefined,
    });
    expect(holderOf(ec2, allocationId)).toBe(a);
    expect(ec2.calls.entries.map(({ outcome }) => outcome)).toEqual([
      'RequestLimitExceeded',
      'RequestLimitExceeded',
      'answer-lost',
    ]);
    expect(ec2.calls.counts()).toEqual({ AssociateAddress: 3 });
  });

  it('a stale read shows the state before so many changes, the next one the present', async () => {
    const { ec2, a, allocationId } = build();
    const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId: a });
    await ec2.disassociateAddress({ associationId });
    const shown = async () => (await ec2.describeAddresses({}))[0]?.associationId;
    ec2.inject({ action: 'DescribeAddresses', staleByChanges: 1 });
    ec2.inject({ action: 'DescribeAddresses', staleByChanges: 2 });
    expect([await shown(), await shown(), await shown()]).toEqual([
      associationId,
      undefined,
      undefined,
    ]);
  });

  it('what it answers and what it was asked are copies', async () => {
    const { ec2, allocationId } = build();
    const tags = [{ key: 'k', value: 'v' }];
    await ec2.createTags({ resources: [allocationId], tags });
    const [address] = await ec2.describeAddresses({});
    const shown = address?.tags as { key: string; value: string }[] | undefined;
    shown?.push({ key: 'forged', value: '' });
    tags.push({ key: 'late', value: '' });
    expect(ec2.snapshot().addresses[0]?.tags).toEqual([{ key: 'k', value: 'v' }]);
    expect(JSON.parse(JSON.stringify(ec2.snapshot()))).toEqual(ec2.snapshot());
  });

  it('its topology methods refuse what EC2 would refuse', () => {
    const { ec2, subnetId, instanceId } = build();
    const create = (more: object) => () =>
      ec2.createNetworkInterface({ subnetId, instanceId, ...more });
    expect(create({ deviceIndex: 1 })).toThrow(/device index '1'/);
    expect(create({ privateIpAddress: '10.0.2.4' })).toThrow(/in use/);
    expect(create({ privateIpAddress: '10.0.2.1' })).toThrow(/reserved/);
    expect(create({ subnetId: 'subnet-0' })).toThrow(/does not exist/);
    expect(() => ec2.createSubnet({ vpcId: 'vpc-0', cidr: '10.0.0.0/24' })).toThrow(/vpc-0/);
    expect(() => ec2.allocateAddress({ publicIp: '203.0.113.1' })).toThrow(/allocated already/);
  });
});
