import {
  ownerTagKey,
  type Ec2Action,
  type Ec2Api,
  type Ipv4Address,
  type PublicIdentity,
} from '@truetuple/core';
import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { judgeGrace } from './judge-means.ts';
import { podPorts } from './pod-ports.ts';
import { Random } from './random.ts';
import { addHost, buildRegion } from './region.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { World, type Pod } from './world.ts';

/** Two pods of one network interface, each with a process that does nothing by itself. */
async function twoPods(): Promise<{ readonly world: World; readonly pods: readonly [Pod, Pod] }> {
  const random = new Random(1);
  const scheduler = new Scheduler();
  const setup = { poolSize: 2, claimScope: 'eni', lagMs: 0, recallMs: 0, seed: 1 } as const;
  const region = buildRegion(scheduler, random, setup);
  const world = new World({ scheduler, random, history: new History({ isKept: false }), region });
  const cluster = new Cluster(world, new Invariants(world, 30_000), 30_000);
  const host = await addHost(region, true);
  world.hosts.push(host);
  const make = (name: string, ip: Ipv4Address | undefined): Pod => {
    cluster.create(name, host, ip);
    const pod = world.pods.at(-1);
    if (pod === undefined) throw new Error('no pod');
    pod.process = new SimulatedProcess(name, host, 'release');
    return pod;
  };
  return { world, pods: [make('a', host.range[0]), make('b', host.range[1])] };
}

/** A call of a pod's process: a claim was sent before there was anybody to rob, all else knows what is so. */
async function as(
  { world }: { readonly world: World },
  pod: Pod,
  action: Ec2Action,
  call: (ec2: Ec2Api) => Promise<unknown>,
): Promise<void> {
  await world.scheduler.runUntil(world.nowMs + 10_000);
  const sentMs = action === 'AssociateAddress' ? 0 : world.nowMs;
  const sent = { step: `release ${action}`, sentMs, knowsAsOf: new Map() };
  world.actor = { process: pod.process, pod, action, behalf: [pod], ...sent };
  await call(world.region.ec2);
  world.actor = undefined;
}

it('who deletes a record takes it from the pod that it names, be the address another pod’s', async () => {
  const cluster = await twoPods();
  const { world, pods } = cluster;
  const [a, b] = pods;
  const allocationId = world.region.ec2.snapshot().addresses[0]?.allocationId ?? '';
  const { networkInterfaceId } = a.host;
  const claim = (pod: Pod): Promise<void> =>
    as(cluster, pod, 'AssociateAddress', async (ec2) => {
      const { privateIp } = pod;
      await ec2.assignPrivateIpAddresses({
        networkInterfaceId,
        privateIpAddresses: [privateIp],
        allowReassignment: false,
      });
      await ec2.associateAddress({
        allocationId,
        networkInterfaceId,
        privateIpAddress: privateIp,
        allowReassociation: false,
      });
    });
  const tagOf = ({ name, uid, privateIp }: Pod): { key: string; value: string } => ({
    key: ownerTagKey,
    value: `c/n/${name}/${uid}/${privateIp}/found/${networkInterfaceId}`,
  });
  const record = (pod: Pod): Promise<void> =>
    as(cluster, pod, 'CreateTags', (ec2) =>
      ec2.createTags({ resources: [allocationId], tags: [tagOf(pod)] }),
    );
  const erase = (by: Pod, of: Pod): Promise<void> =>
    as(cluster, by, 'DeleteTags', (ec2) =>
      ec2.deleteTags({ resources: [allocationId], tags: [tagOf(of)] }),
    );

  await claim(a);
  await record(a);
  await claim(b);
  await erase(a, a);
  expect(world.violations).toEqual([]);
  await record(b);
  await erase(a, b);
  const deletes = [
    expect.stringContaining('a robbed b'),
    expect.stringContaining('deletes the record of b'),
  ];
  expect(world.violations).toEqual(deletes);
  await record(b);
  await record(a);
  expect(world.violations.slice(2)).toEqual([expect.stringContaining('a robbed b')]);
});

it.each([
  ['its own', '10.0.2.25', ['reaper waits 1000 ms of 45000']],
  ['another private IP', '10.0.2.26', []],
])('a reaper waits for whom a record of %s names', (_whose, ip, expected) => {
  const process = { name: 'reaper', saw: new Map([['uid-1', 99_000]]) };
  const violations: string[] = [];
  const world = {
    nowMs: 100_000,
    violate: (what: string) => violations.push(what.split(': ')[0] ?? ''),
  };
  const truth = {
    recordOn: () => `c/n/a/uid-1/${ip}/assigned/eni-1`,
    association: () => ({ madeBy: 'uid-2' }),
  };
  judgeGrace(world as never, truth as never, { process } as never, {
    kind: 'address-disassociated',
    allocationId: 'eipalloc-1',
    publicIp: '203.0.113.1',
    associationId: 'eipassoc-1',
    networkInterfaceId: 'eni-1',
    privateIp: '10.0.2.25',
  });
  expect(violations).toEqual(expected);
});

it('a withdrawal of what is not published is no publication', async () => {
  const { world, pods } = await twoPods();
  const [pod] = pods;
  if (pod.process === undefined) throw new Error('no process');
  const told: (string | undefined)[] = [];
  const node = podPorts(world, pod, pod.process, (one) => told.push(one.published?.associationId));
  const publisher = node.openPublisher('');
  const identity = { associationId: 'eipassoc-1', owner: { uid: pod.uid } } as PublicIdentity;
  const newer = { ...identity, associationId: 'eipassoc-2' };
  const acts = [
    () => publisher.publish(identity),
    () => publisher.release(newer),
    () => publisher.withdraw(identity),
  ];
  for (const act of acts) {
    const done = act();
    await world.scheduler.runUntil(world.nowMs + 1000);
    await done;
  }
  expect(told).toEqual(['eipassoc-1', undefined]);
});
