import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  CreateRouteCommand,
  CreateTagsCommand,
  DeleteRouteCommand,
  DeleteTagsCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  DisassociateAddressCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ReleaseAddressCommand,
  ReplaceRouteCommand,
  UnassignPrivateIpAddressesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHttpRegion, refusalOf, type HttpRegion } from './http-region.ts';

let region: HttpRegion;
beforeEach(async () => {
  region = await openHttpRegion();
});
afterEach(() => region[Symbol.asyncDispose]());

describe('the unmodified SDK reads and changes network interfaces', () => {
  test('a description holds the attachment, the addresses and the tags', async () => {
    const { client, ids } = region;
    const answer = await client.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [
          { Name: 'attachment.instance-id', Values: [ids.instanceId] },
          { Name: 'tag:role', Values: ['media', 'other'] },
        ],
      }),
    );
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.NextToken).toBeUndefined();
    expect(answer.NetworkInterfaces).toMatchObject([
      {
        NetworkInterfaceId: ids.networkInterfaceIds[1],
        VpcId: ids.vpcId,
        SubnetId: ids.subnetId,
        Status: 'in-use',
        SourceDestCheck: true,
        MacAddress: '02:ec:00:00:00:02',
        PrivateIpAddress: '10.0.2.11',
        Attachment: { InstanceId: ids.instanceId, DeviceIndex: 1, Status: 'attached' },
        PrivateIpAddresses: [{ PrivateIpAddress: '10.0.2.11', Primary: true }],
        TagSet: [{ Key: 'role', Value: 'media' }],
      },
    ]);
  });

  test('private addresses come and go, and the Elastic IP shows on its private address', async () => {
    const { client, ids } = region;
    const NetworkInterfaceId = ids.networkInterfaceIds[1];
    const assigned = await client.send(
      new AssignPrivateIpAddressesCommand({
        NetworkInterfaceId,
        PrivateIpAddresses: ['10.0.2.128', '10.0.2.129'],
        AllowReassignment: false,
      }),
    );
    expect(assigned).toMatchObject({
      NetworkInterfaceId,
      AssignedPrivateIpAddresses: [
        { PrivateIpAddress: '10.0.2.128' },
        { PrivateIpAddress: '10.0.2.129' },
      ],
    });
    const { AssociationId } = await client.send(
      new AssociateAddressCommand({
        AllocationId: ids.allocationIds[0],
        NetworkInterfaceId,
        PrivateIpAddress: '10.0.2.128',
        AllowReassociation: false,
      }),
    );
    const described = await client.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] }),
    );
    expect(described.NetworkInterfaces?.[0]?.PrivateIpAddresses).toEqual([
      { PrivateIpAddress: '10.0.2.11', Primary: true },
      {
        PrivateIpAddress: '10.0.2.128',
        Primary: false,
        Association: {
          PublicIp: '203.0.113.1',
          AllocationId: ids.allocationIds[0],
          AssociationId,
        },
      },
      { PrivateIpAddress: '10.0.2.129', Primary: false },
    ]);
    await client.send(
      new UnassignPrivateIpAddressesCommand({
        NetworkInterfaceId,
        PrivateIpAddresses: ['10.0.2.128'],
      }),
    );
    const free = await client.send(
      new DescribeAddressesCommand({ AllocationIds: [ids.allocationIds[0]] }),
    );
    expect(free.Addresses?.[0]).not.toHaveProperty('AssociationId');
  });

  test('an address of another interface is refused, and taken with AllowReassignment', async () => {
    const { client, ec2, ids } = region;
    const [first, second] = ids.networkInterfaceIds;
    const PrivateIpAddresses = ['10.0.2.200'];
    const assign = (NetworkInterfaceId: string, AllowReassignment?: boolean) =>
      client.send(
        new AssignPrivateIpAddressesCommand({
          NetworkInterfaceId,
          PrivateIpAddresses,
          ...(AllowReassignment === undefined ? {} : { AllowReassignment }),
        }),
      );
    await assign(first);
    expect(await refusalOf(assign(second))).toMatchObject({ name: 'InvalidParameterValue' });
    await assign(second, true);
    const holder = ec2
      .snapshot()
      .networkInterfaces.find((eni) =>
        eni.privateIpAddresses.some((one) => one.privateIpAddress === '10.0.2.200'),
      );
    expect(holder?.networkInterfaceId).toBe(second);
  });

  test('the source/destination check is switched', async () => {
    const { client, ec2, ids } = region;
    const [NetworkInterfaceId] = ids.networkInterfaceIds;
    const set = (Value: boolean) =>
      client.send(
        new ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId,
          SourceDestCheck: { Value },
        }),
      );
    await set(false);
    expect(ec2.snapshot().networkInterfaces[0]?.sourceDestCheck).toBe(false);
    await set(true);
    expect(ec2.snapshot().networkInterfaces[0]?.sourceDestCheck).toBe(true);
  });
});

describe('the unmodified SDK holds Elastic IPs', () => {
  test('allocate with tags, find by tag and by address, release', async () => {
    const { client, ec2 } = region;
    const TagSpecifications = [
      { ResourceType: 'elastic-ip' as const, Tags: [{ Key: 'a&b', Value: '<ü & "x">' }] },
    ];
    const { AllocationId, PublicIp, NetworkBorderGroup } = await client.send(
      new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications }),
    );
    expect(NetworkBorderGroup).toBe('eu-central-1');
    const byTag = await client.send(
      new DescribeAddressesCommand({ Filters: [{ Name: 'tag:a&b', Values: ['<ü & "x">'] }] }),
    );
    const Tags = [{ Key: 'a&b', Value: '<ü & "x">' }];
    expect(byTag.Addresses).toEqual([
      { AllocationId, PublicIp, Domain: 'vpc', NetworkBorderGroup, Tags },
    ]);
    const byIp = await client.send(new DescribeAddressesCommand({ PublicIps: [PublicIp ?? ''] }));
    expect(byIp.Addresses).toHaveLength(1);
    await client.send(new ReleaseAddressCommand({ AllocationId }));
    const gone = client.send(new DescribeAddressesCommand({ AllocationIds: [AllocationId ?? ''] }));
    expect(await refusalOf(gone)).toMatchObject({ name: 'InvalidAllocationID.NotFound' });
    const unknown = client.send(new DescribeAddressesCommand({ PublicIps: [PublicIp ?? ''] }));
    expect(await refusalOf(unknown)).toMatchObject({ name: 'InvalidAddress.NotFound' });
    expect(ec2.snapshot().addresses).toHaveLength(2);
  });

  test('a claim is refused with false on the wire and stolen without it', async () => {
    const { client, ids } = region;
    const [first, second] = ids.networkInterfaceIds;
    const claim = (NetworkInterfaceId: string, AllowReassociation?: boolean) =>
      client.send(
        new AssociateAddressCommand({
          AllocationId: ids.allocationIds[0],
          NetworkInterfaceId,
          ...(AllowReassociation === undefined ? {} : { AllowReassociation }),
        }),
      );
    const held = await claim(first, false);
    expect((await claim(first, false)).AssociationId).toBe(held.AssociationId);
    const refusal = await refusalOf(claim(second, false));
    expect(refusal).toMatchObject({ name: 'Resource.AlreadyAssociated', status: 400, attempts: 1 });
    expect(refusal.message).toContain(held.AssociationId ?? 'an association id');
    const stolen = await claim(second);
    expect(stolen.AssociationId).not.toBe(held.AssociationId);
    const { Addresses } = await client.send(
      new DescribeAddressesCommand({
        Filters: [{ Name: 'network-interface-id', Values: [second] }],
      }),
    );
    expect(Addresses).toMatchObject([
      {
        AllocationId: ids.allocationIds[0],
        AssociationId: stolen.AssociationId,
        InstanceId: ids.instanceId,
        NetworkInterfaceId: second,
        PrivateIpAddress: '10.0.2.11',
      },
    ]);
    const release = () =>
      client.send(new DisassociateAddressCommand({ AssociationId: stolen.AssociationId }));
    await release();
    expect(await refusalOf(release())).toMatchObject({ name: 'InvalidAssociationID.NotFound' });
  });

  test('a tag is deleted only where its value is equal', async () => {
    const { client, ids } = region;
    const Resources = [ids.allocationIds[0], ids.networkInterfaceIds[0]];
    await client.send(
      new CreateTagsCommand({ Resources, Tags: [{ Key: 'owner', Value: 'a' }, { Key: 'bare' }] }),
    );
    const remove = (Tags: { Key: string; Value?: string }[]) =>
      client.send(new DeleteTagsCommand({ Resources: [ids.allocationIds[0]], Tags }));
    const tagged = async () => {
      const Filters = [{ Name: 'key', Values: ['owner', 'bare'] }];
      const { Tags } = await client.send(new DescribeTagsCommand({ Filters }));
      return Tags?.map((tag) => [tag.ResourceType, tag.Key, tag.Value]).toSorted();
    };
    await remove([{ Key: 'owner', Value: 'b' }]);
    expect(await tagged()).toEqual([
      ['elastic-ip', 'bare', ''],
      ['elastic-ip', 'owner', 'a'],
      ['network-interface', 'bare', ''],
      ['network-interface', 'owner', 'a'],
    ]);
    await remove([{ Key: 'owner', Value: 'a' }, { Key: 'bare' }]);
    expect(await tagged()).toEqual([
      ['network-interface', 'bare', ''],
      ['network-interface', 'owner', 'a'],
    ]);
  });
});

describe('the unmodified SDK changes routes', () => {
  test('create, refuse a second one, replace, delete', async () => {
    const { client, ids } = region;
    const [first, second] = ids.networkInterfaceIds;
    const key = { RouteTableId: ids.routeTableId, DestinationCidrBlock: '203.0.113.1/32' };
    const routes = async () => {
      const { RouteTables } = await client.send(
        new DescribeRouteTablesCommand({ RouteTableIds: [ids.routeTableId] }),
      );
      return RouteTables?.[0]?.Routes;
    };
    const replace = () =>
      client.send(new ReplaceRouteCommand({ ...key, NetworkInterfaceId: second }));
    const create = () => client.send(new CreateRouteCommand({ ...key, NetworkInterfaceId: first }));
    expect(await refusalOf(replace())).toMatchObject({ name: 'InvalidParameterValue' });
    expect((await create()).Return).toBe(true);
    expect(await refusalOf(create())).toMatchObject({ name: 'RouteAlreadyExists' });
    await replace();
    expect(await routes()).toEqual([
      {
        DestinationCidrBlock: '10.0.0.0/16',
        GatewayId: 'local',
        State: 'active',
        Origin: 'CreateRouteTable',
      },
      {
        DestinationCidrBlock: '203.0.113.1/32',
        NetworkInterfaceId: second,
        State: 'active',
        Origin: 'CreateRoute',
      },
    ]);
    await client.send(new DeleteRouteCommand(key));
    expect(await routes()).toHaveLength(1);
    const again = client.send(new DeleteRouteCommand(key));
    expect(await refusalOf(again)).toMatchObject({ name: 'InvalidRoute.NotFound' });
  });

  test('route tables are found by tag and show which subnets use them', async () => {
    const { client, ids } = region;
    const { RouteTables } = await client.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: 'tag:tier', Values: ['internal'] }] }),
    );
    expect(RouteTables).toMatchObject([
      {
        RouteTableId: ids.routeTableId,
        VpcId: ids.vpcId,
        Associations: [{ SubnetId: ids.subnetId, Main: false }],
        Tags: [{ Key: 'tier', Value: 'internal' }],
      },
    ]);
    const main = await client.send(
      new DescribeRouteTablesCommand({ Filters: [{ Name: 'association.main', Values: ['true'] }] }),
    );
    expect(main.RouteTables).toMatchObject([{ Associations: [{ Main: true }] }]);
  });
});

describe('the unmodified SDK reads the topology', () => {
  test('VPCs, subnets and instances', async () => {
    const { client, ec2, ids } = region;
    const other = ec2.createInstance({ state: 'stopped' });
    const vpcs = await client.send(new DescribeVpcsCommand({ VpcIds: [ids.vpcId] }));
    expect(vpcs.Vpcs).toMatchObject([
      { VpcId: ids.vpcId, CidrBlock: '10.0.0.0/16', Tags: [{ Key: 'Name', Value: 'lab' }] },
    ]);
    const Filters = [{ Name: 'vpc-id', Values: [ids.vpcId] }];
    const subnets = await client.send(new DescribeSubnetsCommand({ Filters }));
    expect(subnets.Subnets).toMatchObject([
      { SubnetId: ids.subnetId, VpcId: ids.vpcId, CidrBlock: '10.0.2.0/24', State: 'available' },
    ]);
    const instances = await client.send(
      new DescribeInstancesCommand({ InstanceIds: [ids.instanceId] }),
    );
    expect(instances.Reservations?.[0]?.Instances).toMatchObject([
      {
        InstanceId: ids.instanceId,
        State: { Code: 16, Name: 'running' },
        PrivateIpAddress: '10.0.2.10',
        NetworkInterfaces: [
          { NetworkInterfaceId: ids.networkInterfaceIds[0], Attachment: { DeviceIndex: 0 } },
          { NetworkInterfaceId: ids.networkInterfaceIds[1], Attachment: { DeviceIndex: 1 } },
        ],
      },
    ]);
    const stopped = await client.send(
      new DescribeInstancesCommand({
        Filters: [{ Name: 'instance-state-name', Values: ['stop*'] }],
      }),
    );
    expect(stopped.Reservations?.flatMap(({ Instances }) => Instances ?? [])).toMatchObject([
      { InstanceId: other.instanceId, State: { Code: 80 }, NetworkInterfaces: [] },
    ]);
  });

  test('an unknown filter is refused, for each kind of resource', async () => {
    const { client } = region;
    const input = { Filters: [{ Name: 'colour', Values: ['red'] }] };
    const calls = [
      client.send(new DescribeVpcsCommand(input)),
      client.send(new DescribeSubnetsCommand(input)),
      client.send(new DescribeInstancesCommand(input)),
      client.send(new DescribeTagsCommand(input)),
    ];
    await Promise.allSettled<unknown>(calls);
    for (const call of calls) {
      expect(await refusalOf(call)).toMatchObject({ name: 'InvalidParameterValue', status: 400 });
    }
  });

  test('what does not exist has its own code', async () => {
    const { client } = region;
    const calls = {
      'InvalidVpcID.NotFound': client.send(new DescribeVpcsCommand({ VpcIds: ['vpc-0'] })),
      'InvalidSubnetID.NotFound': client.send(
        new DescribeSubnetsCommand({ SubnetIds: ['subnet-0'] }),
      ),
      'InvalidInstanceID.NotFound': client.send(
        new DescribeInstancesCommand({ InstanceIds: ['i-0'] }),
      ),
    };
    await Promise.allSettled(Object.values(calls));
    for (const [name, call] of Object.entries(calls)) {
      expect(await refusalOf(call)).toMatchObject({ name });
    }
  });
});
