import {
  AssociateAddressCommand,
  CreateDefaultVpcCommand,
  DescribeAddressesAttributeCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  ModifyAddressAttributeCommand,
  ReleaseAddressCommand,
  ResetAddressAttributeCommand,
  type AddressAttribute as SdkAddressAttribute,
} from '@aws-sdk/client-ec2';
import { SimulatedEc2, type AddressAttribute } from '@truetuple/core/testing';
import { expect, test } from 'vitest';
import { refusalOf as simulatedRefusalOf } from './ec2-api-place.ts';
import { ec2AddressesContract } from './ec2-api-addresses-contract.ts';
import { openEmptyHttpRegion, refusalOf } from './http-region.ts';

ec2AddressesContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return {
    simulated,
    modify: async (allocationId, domainName) =>
      simulated.setReverseDns({ allocationId, domainName }),
    reset: async (allocationId) => simulated.setReverseDns({ allocationId, domainName: undefined }),
    describe: async (allocationIds) =>
      simulated.describeReverseDns(allocationIds === undefined ? {} : { allocationIds }),
    release: (allocationId, networkBorderGroup) =>
      simulated.releaseAddress({ allocationId, networkBorderGroup }),
    associate: (allocationId, networkInterfaceId) =>
      simulated.associateAddress({ allocationId, networkInterfaceId }),
    codeOf: simulatedRefusalOf,
    close: async () => {},
  };
});

/** What the SDK made of the answer, in the simulator's words. */
function read(address: SdkAddressAttribute | undefined): AddressAttribute {
  const { PublicIp = '', AllocationId = '', PtrRecord, PtrRecordUpdate } = address ?? {};
  const { Value, Status } = PtrRecordUpdate ?? {};
  return {
    publicIp: PublicIp,
    allocationId: AllocationId,
    ...(PtrRecord === undefined ? {} : { ptrRecord: PtrRecord }),
    ...(Status === undefined
      ? {}
      : {
          ptrRecordUpdate: {
            ...(Value === undefined ? {} : { value: Value }),
            status: Status as 'PENDING',
          },
        }),
  };
}

ec2AddressesContract('over HTTP through the AWS SDK', async (options) => {
  const region = await openEmptyHttpRegion(options);
  const { client } = region;
  return {
    simulated: region.ec2,
    modify: async (AllocationId, DomainName) => {
      const command = new ModifyAddressAttributeCommand({ AllocationId, DomainName });
      return read((await client.send(command)).Address);
    },
    reset: async (AllocationId) => {
      const Attribute = 'domain-name' as const;
      const command = new ResetAddressAttributeCommand({ AllocationId, Attribute });
      return read((await client.send(command)).Address);
    },
    describe: async (allocationIds) => {
      const AllocationIds = allocationIds && [...allocationIds];
      const command = new DescribeAddressesAttributeCommand({
        Attribute: 'domain-name',
        ...(AllocationIds && { AllocationIds }),
      });
      return ((await client.send(command)).Addresses ?? []).map(read);
    },
    release: async (AllocationId, NetworkBorderGroup) => {
      await client.send(new ReleaseAddressCommand({ AllocationId, NetworkBorderGroup }));
    },
    associate: (AllocationId, NetworkInterfaceId) =>
      client.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId })),
    codeOf: async (call) => (await refusalOf(call)).name,
    close: async () => region[Symbol.asyncDispose](),
  };
});

test('what addresses have comes in pages', async () => {
  await using region = await openEmptyHttpRegion();
  const made = Array.from({ length: 7 }, () => region.ec2.allocateAddress().allocationId);
  const page = async (NextToken?: string) => {
    const token = NextToken === undefined ? {} : { NextToken };
    return region.client.send(
      new DescribeAddressesAttributeCommand({ MaxResults: 5, Attribute: 'domain-name', ...token }),
    );
  };
  const first = await page();
  const second = await page(first.NextToken);
  expect(first.Addresses).toHaveLength(5);
  expect(second.NextToken).toBeUndefined();
  const shown = [...(first.Addresses ?? []), ...(second.Addresses ?? [])];
  expect(shown.map((one) => one.AllocationId)).toEqual(made);
});

test('a default VPC is one of its kind, and has what an Elastic IP needs', async () => {
  await using region = await openEmptyHttpRegion();
  const { client, ec2 } = region;
  const { Vpc } = await client.send(new CreateDefaultVpcCommand({}));
  expect(Vpc).toMatchObject({ CidrBlock: '172.31.0.0/16', IsDefault: true });
  const second = await refusalOf(client.send(new CreateDefaultVpcCommand({})));
  expect(second).toMatchObject({ name: 'DefaultVpcAlreadyExists', status: 400 });
  ec2.createVpc({ cidr: '10.0.0.0/16' });
  const Filters = [{ Name: 'is-default', Values: ['true'] }];
  const { Vpcs } = await client.send(new DescribeVpcsCommand({ Filters }));
  expect(Vpcs).toMatchObject([{ VpcId: Vpc?.VpcId, IsDefault: true }]);
  const { Subnets } = await client.send(new DescribeSubnetsCommand({}));
  const subnetId = Subnets?.[0]?.SubnetId ?? '';
  const { networkInterfaceId: NetworkInterfaceId } = ec2.createNetworkInterface({ subnetId });
  const { allocationId: AllocationId } = ec2.allocateAddress();
  await client.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId }));
});
