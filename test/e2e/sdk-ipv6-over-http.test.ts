// IPv6 as the unmodified SDK asks for it.
import * as sdk from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmptyHttpRegion, refusalOf, type EmptyHttpRegion } from './http-region.ts';

let region: EmptyHttpRegion;
let client: sdk.EC2Client;

beforeEach(async () => {
  region = await openEmptyHttpRegion();
  ({ client } = region);
});

afterEach(() => region[Symbol.asyncDispose]());

async function buildVpc(): Promise<string> {
  const { Vpc } = await client.send(
    new sdk.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', Ipv6CidrBlock: '2001:db8:0:200::/56' }),
  );
  return Vpc?.VpcId ?? 'none';
}

async function createSubnet(VpcId: string, CidrBlock: string, Ipv6CidrBlock: string) {
  const { Subnet } = await client.send(
    new sdk.CreateSubnetCommand({ VpcId, CidrBlock, Ipv6CidrBlock }),
  );
  return Subnet;
}

it('a VPC and its subnet show their IPv6 blocks when made and when described', async () => {
  const VpcId = await buildVpc();
  const shown = [
    { Ipv6CidrBlock: '2001:db8:0:202::/64', Ipv6CidrBlockState: { State: 'associated' } },
  ];
  const made = await createSubnet(VpcId, '10.0.2.0/24', '2001:db8:0:202::/64');
  expect(made?.Ipv6CidrBlockAssociationSet).toEqual(shown);
  const { Subnets } = await client.send(new sdk.DescribeSubnetsCommand({}));
  expect(Subnets?.[0]?.Ipv6CidrBlockAssociationSet).toEqual(shown);
  const { Vpcs } = await client.send(new sdk.DescribeVpcsCommand({}));
  expect(Vpcs?.[0]?.Ipv6CidrBlockAssociationSet).toMatchObject([
    { Ipv6CidrBlock: '2001:db8:0:200::/56' },
  ]);
});

it.each([
  ['InvalidSubnet.Range', '2001:db8:0:300::/64'],
  ['InvalidSubnet.Range', '2001:db8:0:200::/60'],
  ['InvalidSubnet.Conflict', '2001:db8:0:202::/64'],
  ['InvalidParameterValue', '2001:db8:0:203::1/64'],
])('a subnet is refused with %s for %s', async (code, ipv6Cidr) => {
  const VpcId = await buildVpc();
  await createSubnet(VpcId, '10.0.2.0/24', '2001:db8:0:202::/64');
  expect(await refusalOf(createSubnet(VpcId, '10.0.3.0/24', ipv6Cidr))).toMatchObject({
    name: code,
  });
});

it('a count lets EC2 choose; an interface shows what it has; addresses and a count exclude each other', async () => {
  const subnet = await createSubnet(await buildVpc(), '10.0.2.0/24', '2001:db8:0:202::/64');
  const { NetworkInterface } = await client.send(
    new sdk.CreateNetworkInterfaceCommand({ SubnetId: subnet?.SubnetId }),
  );
  const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
  const assign = (input: Partial<sdk.AssignIpv6AddressesCommandInput>) =>
    client.send(new sdk.AssignIpv6AddressesCommand({ NetworkInterfaceId, ...input }));
  await assign({ Ipv6Addresses: ['2001:db8:0:202::5'] });
  const { AssignedIpv6Addresses, NetworkInterfaceId: named } = await assign({
    Ipv6AddressCount: 2,
  });
  expect(named).toBe(NetworkInterfaceId);
  expect(AssignedIpv6Addresses).toEqual(['2001:db8:0:202::4', '2001:db8:0:202::6']);
  const { NetworkInterfaces } = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces?.[0]?.Ipv6Addresses).toEqual([
    { Ipv6Address: '2001:db8:0:202::5' },
    { Ipv6Address: '2001:db8:0:202::4' },
    { Ipv6Address: '2001:db8:0:202::6' },
  ]);
  const both = assign({ Ipv6Addresses: ['2001:db8:0:202::9'], Ipv6AddressCount: 1 });
  expect(await refusalOf(both)).toMatchObject({ name: 'InvalidParameterCombination' });
  const none = assign({});
  expect(await refusalOf(none)).toMatchObject({ name: 'MissingParameter' });
  const { UnassignedIpv6Addresses } = await client.send(
    new sdk.UnassignIpv6AddressesCommand({
      NetworkInterfaceId,
      Ipv6Addresses: ['2001:db8:0:202::4'],
    }),
  );
  expect(UnassignedIpv6Addresses).toEqual(['2001:db8:0:202::4']);
  const prefixes = await assign({ Ipv6PrefixCount: 1 });
  const AssignedIpv6Prefixes = ['2001:db8:0:202:1::/80'];
  expect(prefixes).toMatchObject({ AssignedIpv6Prefixes });
  const { AssignedIpv6Prefixes: second } = await assign({
    Ipv6Prefixes: ['2001:db8:0:202:2::/80'],
  });
  expect(second).toEqual(['2001:db8:0:202:2::/80']);
  const mixed = assign({ Ipv6AddressCount: 1, Ipv6PrefixCount: 1 });
  expect(await refusalOf(mixed)).toMatchObject({ name: 'InvalidParameterCombination' });
  const { UnassignedIpv6Prefixes } = await client.send(
    new sdk.UnassignIpv6AddressesCommand({ NetworkInterfaceId, Ipv6Prefixes: second }),
  );
  expect(UnassignedIpv6Prefixes).toEqual(second);
  const shown = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
  expect(shown.NetworkInterfaces?.[0]?.Ipv6Prefixes).toEqual([
    { Ipv6Prefix: '2001:db8:0:202:1::/80' },
  ]);
});
