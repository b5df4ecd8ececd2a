import { setImmediate } from 'node:timers/promises';
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  DescribeNetworkInterfacesCommand,
  RunInstancesCommand,
  UnassignPrivateIpAddressesCommand,
  AssociateAddressCommand,
} from '@aws-sdk/client-ec2';
import { FakeClock, SimulatedEc2 } from '@truetuple/core/testing';
import { expect, test } from 'vitest';
import { ec2LimitsContract } from './ec2-api-limits-contract.ts';
import { httpBench } from './http-bench.ts';
import { openHttpRegion, refusalOf } from './http-region.ts';

ec2LimitsContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
ec2LimitsContract('over HTTP through the AWS SDK', httpBench({ maxAttempts: 1 }));

test('the SDK waits and tries again what the buckets refuse', async () => {
  const requestRates = { perAction: { AllocateAddress: { burst: 1, perSecond: 20 } } };
  const clock = new FakeClock();
  await using region = await openHttpRegion({ requestRates, clock });
  const allocate = () => region.client.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  expect((await allocate()).$metadata.attempts).toBe(1);
  const second = allocate();
  // the SDK waits for as long as it likes, down to nothing: the token is there before it hears the refusal
  while (region.ec2.calls.count('AllocateAddress') < 2) await setImmediate();
  clock.advance(50);
  expect((await second).$metadata.attempts).toBe(2);
});

test('the quota of Elastic IPs', async () => {
  await using region = await openHttpRegion({ addressesPerRegion: 3 });
  const allocate = () => region.client.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  await allocate();
  expect(await refusalOf(allocate())).toMatchObject({ name: 'AddressLimitExceeded', status: 400 });
});

test('an unfiltered, unpaged describe has a smaller bucket of its own; a dry run takes a token too', async () => {
  const clock = new FakeClock();
  const requestRates = {
    perAction: {
      DescribeNetworkInterfaces: { burst: 3, perSecond: 1 },
      AssociateAddress: { burst: 1, perSecond: 1 },
    },
    unfilteredReads: { burst: 1, perSecond: 1 },
  };
  await using region = await openHttpRegion({ requestRates, clock });
  const client = region.clientWith({ maxAttempts: 1 });
  const all = (MaxResults?: number) =>
    client.send(
      new DescribeNetworkInterfacesCommand(MaxResults === undefined ? {} : { MaxResults }),
    );
  await all();
  expect(await refusalOf(all())).toMatchObject({ name: 'RequestLimitExceeded', status: 503 });
  for (let page = 0; page < 3; page++) await all(5);
  expect(await refusalOf(all(5))).toMatchObject({ name: 'RequestLimitExceeded', status: 503 });
  const dryRun = () =>
    client.send(
      new AssociateAddressCommand({
        AllocationId: region.ids.allocationIds[0],
        NetworkInterfaceId: region.ids.networkInterfaceIds[0],
        DryRun: true,
      }),
    );
  expect(await refusalOf(dryRun())).toMatchObject({ name: 'DryRunOperation' });
  expect(await refusalOf(dryRun())).toMatchObject({ name: 'RequestLimitExceeded' });
});

test('prefixes over the wire: by block, by count, with addresses refused, taken off again', async () => {
  await using region = await openHttpRegion({ privateIpsPerNetworkInterface: 4 });
  const { client, ids } = region;
  const [NetworkInterfaceId] = ids.networkInterfaceIds;
  const assign = (input: {
    Ipv4Prefixes?: string[];
    Ipv4PrefixCount?: number;
    PrivateIpAddresses?: string[];
  }) => client.send(new AssignPrivateIpAddressesCommand({ NetworkInterfaceId, ...input }));
  const { AssignedIpv4Prefixes } = await assign({ Ipv4Prefixes: ['10.0.2.64/28'] });
  expect(AssignedIpv4Prefixes).toEqual([{ Ipv4Prefix: '10.0.2.64/28' }]);
  const counted = await assign({ Ipv4PrefixCount: 2 });
  expect(counted.AssignedIpv4Prefixes).toEqual([
    { Ipv4Prefix: '10.0.2.16/28' },
    { Ipv4Prefix: '10.0.2.32/28' },
  ]);
  for (const [input, name] of [
    [
      { Ipv4Prefixes: ['10.0.2.80/28'], PrivateIpAddresses: ['10.0.2.200'] },
      'InvalidParameterCombination',
    ],
    [{ Ipv4Prefixes: ['10.0.2.0/28'] }, 'InvalidParameterValue'],
    [{ Ipv4Prefixes: ['10.0.2.96/27'] }, 'InvalidParameterValue'],
    [{ Ipv4Prefixes: ['10.0.3.0/28'] }, 'InvalidParameterValue'],
    [{ PrivateIpAddresses: ['10.0.2.70'] }, 'PrivateIpAddressLimitExceeded'],
  ] as const) {
    expect([input, (await refusalOf(assign(structuredClone(input) as never))).name]).toEqual([
      input,
      name,
    ]);
  }
  const Ipv4Prefixes = ['10.0.2.16/28'];
  await client.send(new UnassignPrivateIpAddressesCommand({ NetworkInterfaceId, Ipv4Prefixes }));
  const { NetworkInterfaces } = await client.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] }),
  );
  expect(NetworkInterfaces?.[0]?.Ipv4Prefixes?.map((one) => one.Ipv4Prefix)).toEqual([
    '10.0.2.64/28',
    '10.0.2.32/28',
  ]);
});

test('prefixes over the wire: none on an instance that is not of the Nitro System', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const { subnetId: SubnetId } = ids;
  const assign = async (InstanceType: 'm4.large' | 'm5.large') => {
    const { Instances } = await client.send(
      new RunInstancesCommand({ SubnetId, InstanceType, MinCount: 1, MaxCount: 1 }),
    );
    const NetworkInterfaceId = Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId;
    return client.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId, Ipv4PrefixCount: 1 }),
    );
  };
  const refused = await refusalOf(assign('m4.large'));
  expect(refused).toMatchObject({ name: 'UnsupportedOperation', status: 400 });
  expect((await assign('m5.large')).AssignedIpv4Prefixes).toHaveLength(1);
});
