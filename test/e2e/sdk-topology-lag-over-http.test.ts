// Describes that core does not make, of what lags where a test names it.
import {
  DescribeInstancesCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2';
import { FakeClock } from '@truetuple/core/testing';
import { expect, it } from 'vitest';
import { openHttpRegion, refusalOf } from './http-region.ts';

it('instances, subnets and prefix lists are shown as they were', async () => {
  const clock = new FakeClock();
  const lagMs = { instances: 1000, subnets: 2000, prefixLists: 3000 };
  await using region = await openHttpRegion({ clock, reads: { lagMs } });
  const { client, ids, ec2 } = region;
  ec2.createManagedPrefixList({ prefixListName: 'carriers', maxEntries: 5 });
  const instances = async () => {
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
    return Reservations.map(({ Instances }) => Instances?.[0]?.State?.Name);
  };
  const subnets = async () => (await client.send(new DescribeSubnetsCommand({}))).Subnets?.length;
  const lists = async () =>
    (await client.send(new DescribeManagedPrefixListsCommand({}))).PrefixLists?.length;
  const seen = async () => [await instances(), await subnets(), await lists()];
  expect(await seen()).toEqual([[], 0, 0]);
  const byId = client.send(new DescribeSubnetsCommand({ SubnetIds: [ids.subnetId] }));
  expect(await refusalOf(byId)).toMatchObject({ name: 'InvalidSubnetID.NotFound', status: 400 });
  clock.advance(1000);
  ec2.setInstanceState({ instanceId: ids.instanceId, state: 'stopped' });
  expect(await seen()).toEqual([['running'], 0, 0]);
  clock.advance(1000);
  expect(await seen()).toEqual([['stopped'], 1, 0]);
  clock.advance(1000);
  expect(await seen()).toEqual([['stopped'], 1, 1]);
});
