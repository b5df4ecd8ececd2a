import { expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { SimulatedEc2 } from './simulated-ec2.ts';
import type { ReadConsistency } from './lagging-reads.ts';

function build(reads: ReadConsistency) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, reads });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  return { clock, ec2, vpcId };
}

const everything = [{ ipProtocol: '-1', ipRanges: ['0.0.0.0/0'], hasOtherPeers: false }];

it('what is not named is shown as it is, also where reads are stale', async () => {
  const { ec2, vpcId } = build({ staleProbability: 1, staleMs: 60_000 });
  const { groupId } = ec2.createSecurityGroup({ vpcId });
  ec2.authorizeSecurityGroup({ groupId, ipPermissions: everything, egress: false });
  expect(await ec2.describeSecurityGroups({})).toMatchObject([{ ipPermissions: everything }]);
});

it('named with no lag, stale reads show it as it was, now and then', async () => {
  const reads = { staleProbability: 0.5, staleMs: 60_000, lagMs: { securityGroups: 0 } };
  const { ec2, vpcId, clock } = build(reads);
  ec2.createSecurityGroup({ vpcId });
  const shown: number[] = [];
  for (let look = 0; look < 20; look++) shown.push((await ec2.describeSecurityGroups({})).length);
  expect(new Set(shown)).toEqual(new Set([0, 1]));
  clock.advance(60_000);
  for (let look = 0; look < 20; look++)
    expect(await ec2.describeSecurityGroups({})).toHaveLength(1);
});

it('who was deleted is shown for a while, as it last was', async () => {
  const { ec2, vpcId, clock } = build({ lagMs: { subnets: 2000 } });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  clock.advance(5000);
  await ec2.createTags({ resources: [subnetId], tags: [{ key: 'use', value: 'media' }] });
  clock.advance(500);
  ec2.deleteResource(subnetId);
  const shown = () => ec2.described('DescribeSubnets').subnets.map(({ tags }) => tags.length);
  expect(shown()).toEqual([0]);
  clock.advance(1500);
  expect(shown()).toEqual([1]);
  clock.advance(500);
  expect(shown()).toEqual([]);
});

/** How many addresses each of many reads shows, with reads of a security group between them. */
async function looks(lagMs: ReadConsistency['lagMs']): Promise<number[]> {
  const reads = { staleProbability: 0.5, staleMs: 60_000, seed: 7 };
  const { ec2, vpcId } = build({ ...reads, ...(lagMs === undefined ? {} : { lagMs }) });
  ec2.createSecurityGroup({ vpcId });
  await ec2.allocateTaggedAddress({ tags: [{ key: 'use', value: 'media' }] });
  const shown: number[] = [];
  for (let look = 0; look < 30; look++) {
    await ec2.describeSecurityGroups({});
    shown.push((await ec2.describeAddresses({})).length);
  }
  return shown;
}

it('reads of what calls change draw the same, whether the topology lags or not', async () => {
  const first = await looks(undefined);
  expect(new Set(first)).toEqual(new Set([0, 1]));
  expect(await looks({ securityGroups: 100 })).toEqual(first);
});
