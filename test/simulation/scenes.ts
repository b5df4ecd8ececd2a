import { ownerTagKey } from '@truetuple/core';
import { drift, theft } from './drift.ts';
import type { Truth } from './truth.ts';
import type { Pod, World } from './world.ts';

/** Several things that must come together before a safety rule matters; chance alone seldom has them meet. */
export interface Scene {
  readonly what: string;
  /** How far back stale reads must see. */
  readonly recallMs: number;
  /** When it may begin, after the first pod. */
  readonly betweenMs: readonly [least: number, most: number];
  readonly play: (world: World, truth: Truth) => Promise<void>;
}

/** As long as describes may lag, and longer. */
const recallMs = 400_000;
/** Long enough for a reaper to see an orphan, to wait, and to come again. */
const cutOffMs = 115_000;

export const scenes: readonly Scene[] = [
  {
    what: 'a node is cut off, and the record of one of its pods is gone',
    recallMs: 0,
    betweenMs: [15_000, 30_000],
    play: async (world) => {
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
    play: async (world) => {
      const pod = pickHolder(world);
      const heldMs = world.region.formerlyHeldMs.get(pod?.published?.allocationId ?? '');
      if (pod === undefined || heldMs === undefined) return;
      world.note(pod.name, '!!! describes show who had its address', pod.published?.publicIp);
      if (world.random.chance(0.5)) pod.host.clockOffsetMs += 3_600_000;
      pod.process?.seeAgain(heldMs, 6);
    },
  },
  {
    what: 'an address that was stolen and is back: one describe shows the thief',
    recallMs,
    betweenMs: [10_000, 50_000],
    play: async (world, truth) => {
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
];

function pickHolder({ standing, random }: World): Pod | undefined {
  const holders = standing.filter(
    ({ published, process, isStopping }) =>
      published !== undefined && process?.phase === 'keep' && process.isAlive && !isStopping,
  );
  return holders.length === 0 ? undefined : random.pick(holders);
}
