// A place to test in, built by the unmodified SDK alone, and torn down by it.
import * as sdk from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmptyHttpRegion, refusalOf, type EmptyHttpRegion } from './http-region.ts';

let region: EmptyHttpRegion;
let client: sdk.EC2Client;

beforeEach(async () => {
  region = await openEmptyHttpRegion();
  ({ client } = region);
});

afterEach(() => region[Symbol.asyncDispose]());

const named = (ResourceType: sdk.ResourceType, Value: string): sdk.TagSpecification[] => [
  { ResourceType, Tags: [{ Key: 'Name', Value }] },
];

interface Place {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly routeTableId: string;
  readonly internetGatewayId: string;
}

function given(id: string | undefined): string {
  if (id === undefined) throw new Error('the answer has no id');
  return id;
}

async function buildPlace(): Promise<Place> {
  const { Vpc } = await client.send(
    new sdk.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', TagSpecifications: named('vpc', 'lab') }),
  );
  const VpcId = given(Vpc?.VpcId);
  const { InternetGateway } = await client.send(new sdk.CreateInternetGatewayCommand({}));
  const InternetGatewayId = given(InternetGateway?.InternetGatewayId);
  await client.send(new sdk.AttachInternetGatewayCommand({ VpcId, InternetGatewayId }));
  const { Subnet } = await client.send(
    new sdk.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.2.0/24' }),
  );
  const SubnetId = given(Subnet?.SubnetId);
  const { RouteTable } = await client.send(
    new sdk.CreateRouteTableCommand({ VpcId, TagSpecifications: named('route-table', 'public') }),
  );
  const RouteTableId = given(RouteTable?.RouteTableId);
  await client.send(
    new sdk.CreateRouteCommand({
      RouteTableId,
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: InternetGatewayId,
    }),
  );
  await client.send(new sdk.AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  return {
    vpcId: VpcId,
    subnetId: SubnetId,
    routeTableId: RouteTableId,
    internetGatewayId: InternetGatewayId,
  };
}

async function runNode(SubnetId: string): Promise<string> {
  const { Instances } = await client.send(
    new sdk.RunInstancesCommand({
      InstanceType: 'm5.large',
      MinCount: 1,
      MaxCount: 1,
      SubnetId,
      TagSpecifications: named('instance', 'node'),
    }),
  );
  return given(Instances?.[0]?.InstanceId);
}

describe('a place', () => {
  it('has its networks, its gateway and its routes', async () => {
    const { vpcId, subnetId, routeTableId, internetGatewayId } = await buildPlace();
    const { RouteTables = [] } = await client.send(
      new sdk.DescribeRouteTablesCommand({ RouteTableIds: [routeTableId] }),
    );
    expect(RouteTables).toMatchObject([
      {
        VpcId: vpcId,
        Tags: [{ Key: 'Name', Value: 'public' }],
        Associations: [{ SubnetId: subnetId, Main: false }],
        Routes: [
          { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local' },
          { DestinationCidrBlock: '0.0.0.0/0', GatewayId: internetGatewayId, State: 'active' },
        ],
      },
    ]);
  });

  it('carries an Elastic IP on a second network interface of a node', async () => {
    const { subnetId } = await buildPlace();
    const InstanceId = await runNode(subnetId);
    const { NetworkInterface } = await client.send(
      new sdk.CreateNetworkInterfaceCommand({
        SubnetId: subnetId,
        TagSpecifications: named('network-interface', 'media'),
      }),
    );
    const NetworkInterfaceId = given(NetworkInterface?.NetworkInterfaceId);
    const { AttachmentId } = await client.send(
      new sdk.AttachNetworkInterfaceCommand({ InstanceId, NetworkInterfaceId, DeviceIndex: 1 }),
    );
    const { AllocationId, PublicIp } = await client.send(
      new sdk.AllocateAddressCommand({ Domain: 'vpc' }),
    );
    await client.send(new sdk.AssociateAddressCommand({ AllocationId, NetworkInterfaceId }));
    const { Reservations = [] } = await client.send(
      new sdk.DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
    );
    expect(Reservations[0]?.Instances).toMatchObject([
      {
        InstanceType: 'm5.large',
        State: { Name: 'running' },
        Tags: [{ Key: 'Name', Value: 'node' }],
        NetworkInterfaces: [
          { PrivateIpAddress: '10.0.2.4', Attachment: { DeviceIndex: 0 } },
          {
            NetworkInterfaceId,
            Attachment: { DeviceIndex: 1 },
            PrivateIpAddresses: [{ Association: { PublicIp } }],
          },
        ],
      },
    ]);
    await expect(
      refusalOf(client.send(new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId }))),
    ).resolves.toMatchObject({ name: 'InvalidParameterValue' });
    await client.send(new sdk.DetachNetworkInterfaceCommand({ AttachmentId }));
    await client.send(new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
    const { Addresses } = await client.send(new sdk.DescribeAddressesCommand({}));
    expect(Addresses?.[0]?.AssociationId).toBeUndefined();
  });

  it('loses the network interfaces of a node that is terminated', async () => {
    const { subnetId } = await buildPlace();
    const InstanceIds = [await runNode(subnetId)];
    await client.send(new sdk.StopInstancesCommand({ InstanceIds }));
    const { StartingInstances } = await client.send(new sdk.StartInstancesCommand({ InstanceIds }));
    expect(StartingInstances).toMatchObject([
      { PreviousState: { Name: 'stopped' }, CurrentState: { Name: 'running' } },
    ]);
    await client.send(new sdk.TerminateInstancesCommand({ InstanceIds }));
    const { NetworkInterfaces } = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
    expect(NetworkInterfaces).toEqual([]);
  });
});

it('a network interface has a description, and goes or stays with its instance as it is told', async () => {
  const { subnetId: SubnetId } = await buildPlace();
  const InstanceId = await runNode(SubnetId);
  const { NetworkInterface } = await client.send(
    new sdk.CreateNetworkInterfaceCommand({ SubnetId, Description: 'media of a node' }),
  );
  const NetworkInterfaceId = given(NetworkInterface?.NetworkInterfaceId);
  const { AttachmentId } = await client.send(
    new sdk.AttachNetworkInterfaceCommand({ InstanceId, NetworkInterfaceId, DeviceIndex: 1 }),
  );
  const found = async (Name: string, value: string) => {
    const Filters = [{ Name, Values: [value] }];
    const command = new sdk.DescribeNetworkInterfacesCommand({ Filters });
    return (await client.send(command)).NetworkInterfaces ?? [];
  };
  const kept = await found('attachment.delete-on-termination', 'false');
  expect(kept).toMatchObject([
    { Description: 'media of a node', Attachment: { AttachmentId, DeleteOnTermination: false } },
  ]);
  const modify = (input: Partial<sdk.ModifyNetworkInterfaceAttributeCommandInput>) =>
    client.send(new sdk.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, ...input }));
  await modify({ Description: { Value: 'signalling' } });
  expect(await found('description', 'signal*')).toHaveLength(1);
  const change = { AttachmentId, DeleteOnTermination: true };
  await modify({ Attachment: change });
  const other = modify({ Attachment: { ...change, AttachmentId: 'eni-attach-0' } });
  expect(await refusalOf(other)).toMatchObject({ name: 'InvalidAttachmentID.NotFound' });
  const both = modify({ Attachment: change, SourceDestCheck: { Value: false } });
  expect(await refusalOf(both)).toMatchObject({ name: 'InvalidParameterCombination' });
  await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  const { NetworkInterfaces } = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces).toEqual([]);
});

it('a Local Zone has subnets, interfaces and addresses of its own', async () => {
  const { vpcId: VpcId, subnetId } = await buildPlace();
  const AvailabilityZone = 'eu-central-1-ham-1a';
  const { Subnet } = await client.send(
    new sdk.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.9.0/24', AvailabilityZone }),
  );
  expect(Subnet?.AvailabilityZone).toBe(AvailabilityZone);
  const Filters = [{ Name: 'availability-zone', Values: ['eu-central-1a'] }];
  const { Subnets } = await client.send(new sdk.DescribeSubnetsCommand({ Filters }));
  expect(Subnets).toMatchObject([{ SubnetId: subnetId, AvailabilityZone: 'eu-central-1a' }]);
  const { NetworkInterface } = await client.send(
    new sdk.CreateNetworkInterfaceCommand({ SubnetId: Subnet?.SubnetId }),
  );
  expect(NetworkInterface?.AvailabilityZone).toBe(AvailabilityZone);
  const associate = async (NetworkBorderGroup?: string) => {
    const made = await client.send(new sdk.AllocateAddressCommand({ NetworkBorderGroup }));
    const { AllocationId } = made;
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
    return client.send(new sdk.AssociateAddressCommand({ AllocationId, NetworkInterfaceId }));
  };
  const refused = await refusalOf(associate());
  expect(refused).toMatchObject({ name: 'OperationNotPermitted', status: 400 });
  await associate('eu-central-1-ham-1');
});

describe('what EC2 chooses by itself', () => {
  it('is outside of CIDR reservations, which may be asked for by name', async () => {
    const { subnetId: SubnetId } = await buildPlace();
    await client.send(
      new sdk.CreateSubnetCidrReservationCommand({
        SubnetId,
        Cidr: '10.0.2.0/25',
        ReservationType: 'explicit',
      }),
    );
    const create = async (PrivateIpAddress?: string): Promise<string> => {
      const input = PrivateIpAddress === undefined ? {} : { PrivateIpAddress };
      const command = new sdk.CreateNetworkInterfaceCommand({ SubnetId, ...input });
      const { NetworkInterface } = await client.send(command);
      return given(NetworkInterface?.PrivateIpAddress);
    };
    expect([await create(), await create('10.0.2.9')]).toEqual(['10.0.2.128', '10.0.2.9']);
    const { NetworkInterfaces = [] } = await client.send(
      new sdk.DescribeNetworkInterfacesCommand({}),
    );
    const { AssignedIpv4Prefixes } = await client.send(
      new sdk.AssignPrivateIpAddressesCommand({
        NetworkInterfaceId: NetworkInterfaces[0]?.NetworkInterfaceId,
        Ipv4PrefixCount: 1,
      }),
    );
    expect(AssignedIpv4Prefixes).toEqual([{ Ipv4Prefix: '10.0.2.144/28' }]);
  });
});

it('blocks have their host bits cleared', async () => {
  const { Vpc } = await client.send(new sdk.CreateVpcCommand({ CidrBlock: '10.7.3.4/16' }));
  expect(Vpc?.CidrBlock).toBe('10.7.0.0/16');
  const input = { VpcId: Vpc?.VpcId, CidrBlock: '10.7.5.6/24' };
  const { Subnet } = await client.send(new sdk.CreateSubnetCommand(input));
  expect(Subnet?.CidrBlock).toBe('10.7.5.0/24');
});

describe('what cannot be', () => {
  it.each<[string, (place: Place) => Promise<unknown>]>([
    [
      'InvalidVpcID.NotFound',
      () => client.send(new sdk.CreateSubnetCommand({ VpcId: 'vpc-0', CidrBlock: '10.0.2.0/24' })),
    ],
    [
      'InvalidParameterValue',
      ({ vpcId: VpcId }) =>
        client.send(
          new sdk.CreateSubnetCommand({
            VpcId,
            CidrBlock: '10.0.9.0/24',
            AvailabilityZone: 'eu-central-2a',
          }),
        ),
    ],
    [
      'InvalidSubnetID.NotFound',
      () => client.send(new sdk.CreateNetworkInterfaceCommand({ SubnetId: 'subnet-0' })),
    ],
    [
      'Resource.AlreadyAssociated',
      ({ routeTableId: RouteTableId, subnetId: SubnetId }) =>
        client.send(new sdk.AssociateRouteTableCommand({ RouteTableId, SubnetId })),
    ],
    [
      'Resource.AlreadyAssociated',
      ({ vpcId: VpcId, internetGatewayId: InternetGatewayId }) =>
        client.send(new sdk.AttachInternetGatewayCommand({ VpcId, InternetGatewayId })),
    ],
    [
      'RouteAlreadyExists',
      ({ routeTableId: RouteTableId, internetGatewayId: GatewayId }) =>
        client.send(
          new sdk.CreateRouteCommand({
            RouteTableId,
            GatewayId,
            DestinationCidrBlock: '0.0.0.0/0',
          }),
        ),
    ],
    [
      'InvalidInternetGatewayID.NotFound',
      ({ routeTableId: RouteTableId }) =>
        client.send(
          new sdk.CreateRouteCommand({
            RouteTableId,
            GatewayId: 'igw-0',
            DestinationCidrBlock: '192.0.2.0/24',
          }),
        ),
    ],
    [
      'InvalidParameterValue',
      ({ subnetId: SubnetId }) =>
        client.send(
          new sdk.CreateSubnetCidrReservationCommand({
            SubnetId,
            Cidr: '10.0.3.0/28',
            ReservationType: 'prefix',
          }),
        ),
    ],
    [
      'InvalidParameterValue',
      () =>
        client.send(
          new sdk.CreateVpcCommand({
            CidrBlock: '10.1.0.0/16',
            TagSpecifications: named('subnet', 'no'),
          }),
        ),
    ],
    [
      'InvalidInstanceID.NotFound',
      () => client.send(new sdk.TerminateInstancesCommand({ InstanceIds: ['i-0'] })),
    ],
    [
      'InvalidAttachmentID.NotFound',
      () => client.send(new sdk.DetachNetworkInterfaceCommand({ AttachmentId: 'eni-attach-0' })),
    ],
  ])('%s', async (name, act) => {
    const place = await buildPlace();
    await expect(refusalOf(act(place))).resolves.toMatchObject({ name });
  });
});

it('a repeated request with the same ClientToken makes nothing twice', async () => {
  const { subnetId: SubnetId } = await buildPlace();
  const send = (): Promise<sdk.CreateNetworkInterfaceCommandOutput> =>
    client.send(new sdk.CreateNetworkInterfaceCommand({ SubnetId, ClientToken: 'once' }));
  const [first, second] = [await send(), await send()];
  expect(second.NetworkInterface).toEqual(first.NetworkInterface);
  const { NetworkInterfaces } = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces).toHaveLength(1);
});
