// What a program finds out about a place that somebody else has built, by the unmodified SDK.
import * as sdk from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMetadataEndpoint } from '../lab/src/instance-metadata/start-metadata-endpoint.ts';
import { openEmptyHttpRegion, refusalOf, type EmptyHttpRegion } from './http-region.ts';

let region: EmptyHttpRegion;
let client: sdk.EC2Client;

beforeEach(async () => {
  region = await openEmptyHttpRegion();
  ({ client } = region);
});

afterEach(() => region[Symbol.asyncDispose]());

const cidr = { CidrBlock: '10.0.0.0/16' };

/** With an IPv6 block of Amazon’s: answers the block. */
async function createVpc(): Promise<string> {
  const command = new sdk.CreateVpcCommand({ ...cidr, AmazonProvidedIpv6CidrBlock: true });
  const { Vpc } = await client.send(command);
  return Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? 'none';
}

/** One on an instance and one on none, both with the tag `use`. */
function buildInterfaces() {
  const { ec2 } = region;
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  const ipv6Cidr = '2001:db8:0:202::/64';
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
  const { instanceId } = ec2.createInstance();
  const attached = ec2.createNetworkInterface({ subnetId, instanceId, tags: { use: 'a*b' } });
  const free = ec2.createNetworkInterface({ subnetId, tags: { use: 'acb' } });
  return { instanceId, ids: [attached, free].map((eni) => eni.networkInterfaceId) };
}

async function findInterfaces(Name: string, value: string) {
  const Filters = [{ Name, Values: [value] }];
  const found = await client.send(new sdk.DescribeNetworkInterfacesCommand({ Filters }));
  return (found.NetworkInterfaces ?? []).map((eni) => eni.NetworkInterfaceId);
}

describe('a VPC with an IPv6 block of Amazon’s', () => {
  it('has a /56 of its own, of which subnets are made', async () => {
    const blocks = [await createVpc(), await createVpc()];
    for (const block of blocks) expect(block).toMatch(/^2001:db8:ffff:\w+00::\/56$/);
    expect(new Set(blocks).size).toBe(2);
    const { Vpcs = [] } = await client.send(new sdk.DescribeVpcsCommand({}));
    const shown = Vpcs.map((vpc) => vpc.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock);
    expect(shown).toEqual(blocks);
    const VpcId = Vpcs[0]?.VpcId;
    const Ipv6CidrBlock = blocks[0]?.replace('/56', '/64');
    const command = new sdk.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.2.0/24', Ipv6CidrBlock });
    const { Subnet } = await client.send(command);
    expect(Subnet?.Ipv6CidrBlockAssociationSet).toMatchObject([{ Ipv6CidrBlock }]);
  });

  it('is not asked for together with a block that is named', async () => {
    const input = { ...cidr, AmazonProvidedIpv6CidrBlock: true, Ipv6CidrBlock: '2001:db8::/56' };
    const refused = await refusalOf(client.send(new sdk.CreateVpcCommand(input)));
    expect(refused).toMatchObject({ name: 'InvalidParameterCombination' });
  });
});

it('Internet gateways are shown with the VPC that they are attached to, and found by it', async () => {
  const { ec2 } = region;
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const attached = ec2.createInternetGateway({ vpcId, tags: { Name: 'lab' } }).internetGatewayId;
  const free = ec2.createInternetGateway({}).internetGatewayId;
  const describeGateways = async (input: sdk.DescribeInternetGatewaysCommandInput) => {
    const found = await client.send(new sdk.DescribeInternetGatewaysCommand(input));
    return found.InternetGateways;
  };
  expect(await describeGateways({})).toMatchObject([
    {
      InternetGatewayId: attached,
      Attachments: [{ VpcId: vpcId, State: 'available' }],
      Tags: [{ Key: 'Name', Value: 'lab' }],
    },
    { InternetGatewayId: free },
  ]);
  const byVpc = [{ Name: 'attachment.vpc-id', Values: [vpcId] }];
  expect(await describeGateways({ Filters: byVpc })).toMatchObject([
    { InternetGatewayId: attached },
  ]);
  const byIds = describeGateways({ InternetGatewayIds: ['igw-0'] });
  expect(await refusalOf(byIds)).toMatchObject({ name: 'InvalidInternetGatewayID.NotFound' });
  const { Tags } = await client.send(new sdk.DescribeTagsCommand({}));
  expect(Tags).toMatchObject([{ ResourceType: 'internet-gateway', ResourceId: attached }]);
});

it('the reservations of a subnet are those that were made', async () => {
  const { ec2 } = region;
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const { subnetId: SubnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const get = new sdk.GetSubnetCidrReservationsCommand({ SubnetId });
  expect((await client.send(get)).SubnetIpv4CidrReservations ?? []).toEqual([]);
  const { SubnetCidrReservation } = await client.send(
    new sdk.CreateSubnetCidrReservationCommand({
      SubnetId,
      Cidr: '10.0.2.128/25',
      ReservationType: 'explicit',
    }),
  );
  expect((await client.send(get)).SubnetIpv4CidrReservations).toMatchObject([
    { SubnetId, Cidr: '10.0.2.128/25', ReservationType: 'explicit' },
  ]);
  expect((await client.send(get)).SubnetIpv4CidrReservations?.[0]?.SubnetCidrReservationId).toBe(
    SubnetCidrReservation?.SubnetCidrReservationId,
  );
});

it('instance types are shown with how many interfaces and addresses they have', async () => {
  const { InstanceTypes } = await client.send(
    new sdk.DescribeInstanceTypesCommand({ InstanceTypes: ['m5.large'] }),
  );
  expect(InstanceTypes).toMatchObject([
    {
      InstanceType: 'm5.large',
      Hypervisor: 'nitro',
      NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
    },
  ]);
  const Filters = [{ Name: 'hypervisor', Values: ['xen'] }];
  const xen = await client.send(new sdk.DescribeInstanceTypesCommand({ Filters }));
  expect(xen.InstanceTypes?.map((one) => one.InstanceType)).toEqual(['m4.large', 't2.medium']);
});

describe('network interfaces', () => {
  it('are found by what EC2 shows of them', async () => {
    const { ids } = buildInterfaces();
    const { NetworkInterfaces = [] } = await client.send(
      new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids.slice(0, 1) }),
    );
    const { OwnerId = '', InterfaceType = '', Attachment } = NetworkInterfaces[0] ?? {};
    expect(await findInterfaces('owner-id', OwnerId)).toEqual(ids);
    expect(await findInterfaces('owner-id', '000000000000')).toEqual([]);
    expect(await findInterfaces('interface-type', InterfaceType)).toEqual(ids);
    expect(await findInterfaces('requester-managed', 'false')).toEqual(ids);
    expect(await findInterfaces('requester-managed', 'true')).toEqual([]);
    expect(
      await findInterfaces('attachment.attachment-id', Attachment?.AttachmentId ?? ''),
    ).toEqual([ids[0]]);
  });

  it('are found by a wildcard, and by the same character behind a backslash', async () => {
    const { ids } = buildInterfaces();
    expect(await findInterfaces('tag:use', 'a*b')).toEqual(ids);
    expect(await findInterfaces('tag:use', String.raw`a\*b`)).toEqual([ids[0]]);
  });

  it('have their IPv6 in the metadata of their instance', async () => {
    const { instanceId, ids } = buildInterfaces();
    const [NetworkInterfaceId = ''] = ids;
    await client.send(
      new sdk.AssignIpv6AddressesCommand({
        NetworkInterfaceId,
        Ipv6Addresses: ['2001:db8:0:202::9'],
      }),
    );
    const listen = { host: '127.0.0.1', port: 0 };
    const { ec2 } = region;
    await using metadata = await startMetadataEndpoint({ ec2, instanceId, listen });
    const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    const token = await fetch(`${metadata.url}/latest/api/token`, {
      method: 'PUT',
      headers: lifetime,
    });
    const headers = { 'x-aws-ec2-metadata-token': await token.text() };
    const mac = ec2.snapshot().networkInterfaces[0]?.macAddress;
    const read = async (path: string): Promise<string> => {
      const at = `${metadata.url}/latest/meta-data/network/interfaces/macs/${mac}/${path}`;
      return (await fetch(at, { headers })).text();
    };
    expect(await read('ipv6s')).toBe('2001:db8:0:202::9');
    expect(await read('subnet-ipv6-cidr-blocks')).toBe('2001:db8:0:202::/64');
    expect(await read('vpc-ipv6-cidr-blocks')).toBe('2001:db8:0:200::/56');
  });
});

it('a subnet is found by a tag with a wildcard behind a backslash', async () => {
  const { ec2 } = region;
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', tags: { use: 'a?' } });
  ec2.createSubnet({ vpcId, cidr: '10.0.3.0/24', tags: { use: 'ab' } });
  const Filters = [{ Name: 'tag:use', Values: [String.raw`a\?`] }];
  const { Subnets = [] } = await client.send(new sdk.DescribeSubnetsCommand({ Filters }));
  expect(Subnets.map((one) => one.SubnetId)).toEqual([subnetId]);
});
