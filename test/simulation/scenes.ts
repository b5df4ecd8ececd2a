import { ownerTagKey } from '@truetuple/core';
import type { Cluster } from './cluster.ts';
import { drift, theft } from './drift.ts';
import type { Mode } from './faults.ts';
import { managedScenes } from './managed/managed-scenes.ts';
import { pickHolder } from './pick-holder.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Truth } from './truth.ts';
import type { Pod, World } from './world.ts';

interface Stage {
  readonly world: World;
  readonly cluster: Cluster;
  readonly truth: Truth;
}

/** Several things that must come together before a safety rule matters; chance alone seldom has them meet. */
export interface Scene {
  readonly what: string;
  /** How far back stale reads must see. */
  readonly recallMs: number;
  /** When it may begin, after the first pod. */
  readonly betweenMs: readonly [least: number, most: number];
  readonly play: (stage: Stage) => Promise<void>;
}

/** As long as describes may lag, and longer. */
const recallMs = 400_000;
/** Long enough for a reaper to see an orphan, to wait, and to come again. */
const cutOffMs = 115_000;

const scenes: readonly Scene[] = [
  {
    what: 'a node is cut off, and the record of one of its pods is gone',
    recallMs: 0,
    betweenMs: [15_000, 30_000],
    play: async ({ world }) => {
      const pod = pickHolder(world);
      if (pod === undefined) return;
      const { nowMs, region, random } = world;
      const { host, published } = pod;
      world.note(pod.name, '!!! its node is cut off, its record is deleted', pod.uid);
      host.partitionedUntilMs = nowMs + cutOffMs;
      for (const one of world.standing) {
        if (one.host === host) one.process?.disturb(host.partitionedUntilMs);
      }
      // nobody tells the cluster its private IP again until the node is back
      if (random.chance(0.5)) pod.ipKnownMs = host.partitionedUntilMs;
      world.actor = undefined;
      const { allocationId = '' } = published ?? {};
      await region.ec2.deleteTags({ resources: [allocationId], tags: [{ key: ownerTagKey }] });
    },
  },
  {
    what: 'a young claim: describes show whom the address belonged to',
    recallMs,
    betweenMs: [10_000, 60_000],
    play: async ({ world }) => {
      const pod = pickHolder(world);
      const heldMs = world.region.formerlyHeldMs.get(pod?.published?.allocationId ?? '');
      if (pod === undefined || heldMs === undefined) return;
      world.note(pod.name, '!!! describes show who had its address', pod.published?.publicIp);
      for (const process of lookersAt(world, pod)) {
        if (world.random.chance(0.5)) process.host.clockOffsetMs += 3_600_000;
        // a controller looks for all pods
        process.seeAgain(heldMs, world.managed === undefined ? 6 : 40);
      }
    },
  },
  {
    what: 'an address that was stolen and is back: one describe shows the thief',
    recallMs,
    betweenMs: [10_000, 50_000],
    play: async ({ world, truth }) => {
      const pod = pickHolder(world);
      if (pod === undefined) return;
      const { scheduler, region } = world;
      const { allocationId = '', associationId: was } = pod.published ?? {};
      await drift(world, pod, theft, truth);
      const stolenMs = scheduler.nowMs + 10;
      await scheduler.wait(20);
      const { associationId = '' } = truth.association(allocationId) ?? {};
      world.actor = undefined;
      await region.ec2.disassociateAddress({ associationId }).catch(() => undefined);
      for (let waits = 0; waits < 20; waits++) {
        await scheduler.wait(4000);
        const now = pod.published?.associationId;
        if (now === undefined || now === was || pod.process?.phase !== 'keep') continue;
        world.note(pod.name, '!!! a describe shows the thief', pod.published?.publicIp);
        pod.process.seeAgain(stolenMs, 1);
        return;
      }
    },
  },
  {
    what: 'a release is slow, and hands lead the routes elsewhere meanwhile',
    recallMs: 0,
    betweenMs: [20_000, 90_000],
    play: async ({ world, cluster }) => {
      const pod = pickHolder(world);
      if (pod === undefined) return;
      const { scheduler, region, random } = world;
      const destinationCidrBlock = `${pod.published?.publicIp ?? ''}/32`;
      const cell = { verb: 'release', operation: 'DeleteRoute', fault: 'delay' } as const;
      world.arms.unshift({ cell, skip: 0, anywhereFromMs: Infinity });
      cluster.remove(pod);
      await scheduler.wait(random.between(400, 1000));
      world.note(pod.name, '!!! its routes are led elsewhere', destinationCidrBlock);
      world.actor = undefined;
      for (const routeTableId of region.routeTableIds) {
        const { networkInterfaceId } = region.thief;
        const route = { routeTableId, destinationCidrBlock, networkInterfaceId };
        // what is deleted already is not led anywhere
        await region.ec2.replaceRoute(route).catch(() => undefined);
      }
    },
  },
];

const movedPrivateIp: Scene = {
  what: 'a hand moves a private IP to another network interface, and back',
  recallMs: 0,
  betweenMs: [15_000, 90_000],
  play: async ({ world }) => {
    const pod = pickHolder(world);
    if (pod === undefined || pod.host.prepared.includes(pod.privateIp)) return;
    const { scheduler, region, random } = world;
    const { ec2, thief } = region;
    const isMoved = random.chance(0.5);
    const privateIpAddresses = [pod.privateIp];
    world.note(pod.name, '!!! its private IP is moved', isMoved ? 'with what it carries' : 'bare');
    world.hadTheft = true;
    world.actor = undefined;
    const { networkInterfaceId } = pod.host;
    const from = { networkInterfaceId, privateIpAddresses };
    // another hand may have taken it off already
    if (!isMoved) await ec2.unassignPrivateIpAddresses(from).catch(() => undefined);
    const to = { networkInterfaceId: thief.networkInterfaceId, privateIpAddresses };
    await ec2.assignPrivateIpAddresses({ ...to, allowReassignment: true });
    await scheduler.wait(random.between(20_000, 100_000));
    world.note(pod.name, '!!! its private IP is free again');
    world.actor = undefined;
    await ec2.unassignPrivateIpAddresses(to).catch(() => undefined);
  },
};

/** In managed mode no pod deletes a route: another scene stands for that of the slow release. */
function scenesOf(mode: Mode): readonly Scene[] {
  return mode === 'managed' ? [...scenes.slice(0, -1), ...managedScenes] : scenes;
}

/** What share of the seeds has a scene: managed mode has more scenes. */
const sceneShare: Readonly<Record<Mode, number>> = { direct: 0.2, managed: 0.35 };

/** The scene of a seed, which some have, and of the others every twenty-fifth. */
export function sceneOf(seed: number, mode: Mode, random: Random): Scene | undefined {
  if (random.chance(sceneShare[mode])) return random.pick(scenesOf(mode));
  return seed % 25 === 0 ? movedPrivateIp : undefined;
}

/** Who looks at EC2 for a pod: itself, or the controllers. */
function lookersAt({ managed }: World, { process }: Pod): SimulatedProcess[] {
  if (managed !== undefined) return [...managed.controllers.keys()];
  return process === undefined ? [] : [process];
}
