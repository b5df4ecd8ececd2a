import type { PublicIdentity } from '@truetuple/core';
import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { Random } from './random.ts';
import { addHost, buildRegion } from './region.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { World } from './world.ts';

const intervalMs = 30_000;

/** A live pod that has published the only address, with a keep; and how to publish for it. */
async function publishedPod() {
  const random = new Random(1);
  const scheduler = new Scheduler();
  const setup = { poolSize: 1, claimScope: 'eni', lagMs: 0, recallMs: 0, seed: 1 } as const;
  const region = buildRegion(scheduler, random, setup);
  const world = new World({ scheduler, random, history: new History({ isKept: false }), region });
  const invariants = new Invariants(world, intervalMs);
  const host = await addHost(region, true);
  world.hosts.push(host);
  new Cluster(world, invariants, intervalMs).create('a', host);
  const pod = world.pods.at(-1);
  if (pod === undefined) throw new Error('no pod');
  pod.process = new SimulatedProcess('a', host, 'keep');

  const { ec2 } = region;
  const [address] = ec2.snapshot().addresses;
  const { allocationId = '', publicIp = '' } = address ?? {};
  const { networkInterfaceId } = host;
  const { privateIp } = pod;
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
  const place = { networkInterfaceId, privateIpAddress: privateIp };
  const { associationId } = await ec2.associateAddress({ allocationId, ...place });
  const identity = { allocationId, publicIp, associationId } as PublicIdentity;
  const publish = (published: PublicIdentity | undefined): void => {
    const was = pod.published;
    pod.published = published;
    invariants.published(pod, was);
  };
  publish(identity);
  invariants.keeps(pod);
  return { world, invariants, identity, publish };
}

type Published = Awaited<ReturnType<typeof publishedPod>>;

/** The bound runs from between these two times, and it is the pod's advertising that breaks it. */
async function expectBoundFrom(
  { world, invariants }: Published,
  earliestMs: number,
  latestMs: number,
): Promise<void> {
  await world.scheduler.runUntil(earliestMs + invariants.boundMs);
  expect(world.violations).toEqual([]);
  await world.scheduler.runUntil(latestMs + invariants.boundMs);
  expect(world.violations[0]).toContain('advertises without holding');
  world.letGo();
}

it('what a keep can know of a theft begins anew when the thief lets go, also while nothing is published', async () => {
  const built = await publishedPod();
  const { world, identity, publish } = built;
  const { scheduler, region } = world;
  const { ec2, thief } = region;
  const { allocationId } = identity;
  await scheduler.runUntil(10_000);
  const stolen = await ec2.associateAddress({ allocationId, ...thief, allowReassociation: true });
  await scheduler.runUntil(30_000);
  publish(undefined);
  await ec2.disassociateAddress({ associationId: stolen.associationId });
  await scheduler.runUntil(31_000);
  publish(identity);
  await expectBoundFrom(built, 30_000, 31_000);
});

it('what a keep can know of a theft begins anew when the instance of the thief is terminated', async () => {
  const built = await publishedPod();
  const { world, invariants, identity } = built;
  const { scheduler, region } = world;
  const { ec2 } = region;
  const { networkInterfaceId, instanceId } = await addHost(region, true);
  await scheduler.runUntil(10_000);
  const { allocationId } = identity;
  await ec2.associateAddress({ allocationId, networkInterfaceId, allowReassociation: true });
  await scheduler.runUntil(30_000);
  ec2.setInstanceState({ instanceId, state: 'terminated' });
  invariants.reread();
  await expectBoundFrom(built, 29_000, 31_000);
});

it('what a keep publishes again when its link is whole is judged by when it ended, also while nothing was published', async () => {
  const built = await publishedPod();
  const { world, identity, publish } = built;
  const { scheduler, region } = world;
  const { associationId } = identity;
  await scheduler.runUntil(10_000);
  publish(undefined);
  await scheduler.runUntil(20_000);
  await region.ec2.disassociateAddress({ associationId });
  await scheduler.runUntil(50_000);
  publish(identity);
  await expectBoundFrom(built, 20_000, 51_000);
});

it('what a keep publishes for the first time stood a moment ago', async () => {
  const { world, identity, publish } = await publishedPod();
  const { scheduler, region } = world;
  const { allocationId } = identity;
  await scheduler.runUntil(10_000);
  await region.ec2.disassociateAddress({ associationId: identity.associationId });
  const [pod] = world.pods;
  const place = {
    networkInterfaceId: pod?.host.networkInterfaceId ?? '',
    privateIpAddress: pod?.privateIp ?? '',
  };
  const { associationId } = await region.ec2.associateAddress({ allocationId, ...place });
  await region.ec2.disassociateAddress({ associationId });
  await scheduler.runUntil(30_000);
  publish({ ...identity, associationId });
  expect(world.violations[0]).toContain(`by ${associationId}, which ended at`);
  world.letGo();
});
