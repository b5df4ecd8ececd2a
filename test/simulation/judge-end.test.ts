import { ownerTagKey } from '@truetuple/core';
import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { Random } from './random.ts';
import { addHost, buildRegion } from './region.ts';
import { Scheduler } from './scheduler.ts';
import { whatStays } from './judge-end.ts';
import { World } from './world.ts';

const intervalMs = 30_000;

/** A pod on an ENI without the pool's tag, whose address and record hands have taken; told to stop, it releases. */
async function releaseAfterLoss({ isPrivateIpOnLink }: { readonly isPrivateIpOnLink: boolean }) {
  const random = new Random(1);
  const scheduler = new Scheduler();
  const setup = { poolSize: 1, claimScope: 'eni', lagMs: 0, recallMs: 0, seed: 1 } as const;
  const region = buildRegion(scheduler, random, setup);
  const { ec2 } = region;
  const world = new World({ scheduler, random, history: new History({ isKept: false }), region });
  const cluster = new Cluster(world, new Invariants(world, intervalMs), intervalMs);
  const host = await addHost(region, false);
  world.hosts.push(host);
  const standing = (): string | undefined =>
    whatStays(ec2.snapshot(), world).networkInterfaces.get(host.networkInterfaceId);
  const before = standing();
  cluster.create('a', host);
  await scheduler.runUntil(10_000);
  const [pod] = world.pods;
  if (pod?.published === undefined) throw new Error('no pod that holds an address');
  const { allocationId, associationId } = pod.published;
  await ec2.disassociateAddress({ associationId });
  await ec2.deleteTags({ resources: [allocationId], tags: [{ key: ownerTagKey }] });
  if (!isPrivateIpOnLink) pod.kernel.removeAddress('net1', `${pod.privateIp}/24`);
  cluster.close();
  cluster.remove(pod);
  await scheduler.runUntil(60_000);
  const isAsBefore = standing() === before;
  world.letGo();
  const { networkInterfaces } = ec2.snapshot();
  const isLeft = networkInterfaces.some(({ privateIpAddresses }) =>
    privateIpAddresses.some((one) => one.privateIpAddress === pod.privateIp),
  );
  return { isAsBefore, isLeft, excused: [...world.excused.keys()] };
}

it('a private IP that a release left is excused only where the pod’s link had it no longer', async () => {
  const known = await releaseAfterLoss({ isPrivateIpOnLink: true });
  expect(known).toEqual({ isAsBefore: true, isLeft: false, excused: [] });
  const unknown = await releaseAfterLoss({ isPrivateIpOnLink: false });
  expect(unknown).toEqual({ isAsBefore: true, isLeft: true, excused: ['unrecorded private IP'] });
});
