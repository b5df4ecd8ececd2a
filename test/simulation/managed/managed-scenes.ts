import { pickHolder } from '../pick-holder.ts';
import { graceMs } from '../reaper.ts';
import type { Scene } from '../scenes.ts';
import type { Pod, World } from '../world.ts';

/** Longer than a lease is good for, so that whoever has it next knows nothing but the claims. */
const leastMs = 26_000;
/** So long before its end at most a pod is replaced: lists of live pods show the dead one still. */
const lateMs = 6000;

/** From the replacement of a pod until a list shows it. */
const behindMs: readonly [number, number] = [8000, 20_000];

/** Claims gather that no controller looks at, at last two for one link, or for one private IP. */
const outage: Scene = {
  what: 'no controller reaches the claims, and a pod whose claim waits is replaced on its private IP, here or elsewhere',
  recallMs: 0,
  betweenMs: [0, 10_000],
  play: async ({ world, cluster }) => {
    const { managed, scheduler, random } = world;
    if (managed === undefined) return;
    const forMs = random.between(leastMs, 2 * leastMs);
    for (const host of managed.hosts) {
      world.note(host.name, '!!! does not reach the claims', forMs);
      host.storeCutUntilMs = world.nowMs + forMs;
    }
    await scheduler.wait(forMs - random.between(0, lateMs));
    const pod = pickWaiting(world);
    if (pod === undefined) return;
    world.note(pod.name, '!!! is replaced on its private IP', pod.uid);
    await behindLists(world, () => {
      if (mayMove(world, pod) && random.chance(0.7)) cluster.replaceElsewhere(pod, 'private IP');
      else cluster.recycle(pod);
    });
  },
};

/** Does something that lists of live pods show late. */
async function behindLists(world: World, act: () => void): Promise<void> {
  const usualMs = world.listLagMs;
  world.listLagMs = Math.max(usualMs, world.random.between(...behindMs));
  world.note('world', '!!! lists of live pods are behind', world.listLagMs);
  act();
  await world.scheduler.wait(2 * world.listLagMs);
  world.listLagMs = usualMs;
}

/** Of a private IP that hands put on a network interface, or that an untagged one has, nobody can tell that it is truetuple's. */
function mayMove({ hosts }: World, { range, privateIp }: Pod): boolean {
  return hosts.every(({ isTagged }) => isTagged) && !range.prepared.includes(privateIp);
}

/** One whose claim no controller has looked at. */
function pickWaiting({ standing, managed, random }: World): Pod | undefined {
  const waiting = standing.filter(
    (pod) => managed?.claimsOf(pod).some(({ status }) => status === null) === true,
  );
  return waiting.length === 0 ? undefined : random.pick(waiting);
}

/** The grace of whoever is not listed would pass, if it began. */
const silence: Scene = {
  what: 'the cluster says to nobody who lives, for longer than the grace',
  recallMs: 0,
  betweenMs: [10_000, 60_000],
  play: async ({ world }) => {
    const forMs = graceMs + world.random.between(25_000, 50_000);
    world.note('world', '!!! nobody is told who lives', forMs);
    world.livesUnknownUntilMs = world.nowMs + forMs;
  },
};

/** The earlier of two pods is listed still, the later one not yet. */
const lateList: Scene = {
  what: 'lists of live pods are far behind, and a pod is replaced on another node',
  recallMs: 0,
  betweenMs: [15_000, 80_000],
  play: async ({ world, cluster }) => {
    const pod = pickHolder(world);
    if (pod === undefined) return;
    world.note(pod.name, '!!! is replaced elsewhere', pod.uid);
    await behindLists(world, () => cluster.replaceElsewhere(pod));
  },
};

/** A list that had the pod is followed by one from before it: the next server that is asked is further behind. */
const backwardList: Scene = {
  what: 'lists of live pods go back to before a pod, and a hand deletes its claim',
  recallMs: 0,
  betweenMs: [8000, 30_000],
  play: async ({ world }) => {
    const { managed, nowMs } = world;
    const pod = pickHolder(world, ({ createdMs }) => nowMs - createdMs < behindMs[0]);
    if (managed === undefined || pod === undefined) return;
    world.note(pod.name, '!!! its claim is deleted', pod.uid);
    await behindLists(world, () => void managed.deleteByHand(pod));
  },
};

/** How long a release may be held up elsewhere before its process is killed all the same. */
const patienceMs = 20_000;

/** What a killed process has sent may arrive when the next one relies on what it found. */
const lateWord: Scene = {
  what: 'a container is started again, and what it lets go arrives late',
  recallMs: 0,
  betweenMs: [15_000, 90_000],
  play: async ({ world, cluster }) => {
    const pod = pickHolder(world);
    const process = pod?.process;
    if (pod === undefined || process === undefined) return;
    const cell = { verb: 'release', operation: 'updateClaim', fault: 'delay' } as const;
    const sent = Promise.withResolvers<void>();
    world.arms.unshift({ cell, skip: 0, anywhereFromMs: Infinity, onStruck: sent.resolve });
    world.note(pod.name, '!!! its container is started again', pod.uid);
    cluster.restart(pod);
    await Promise.race([sent.promise, world.scheduler.wait(patienceMs)]);
    process.kill();
  },
};

/** Claims that begin together choose their addresses while promises are under way. */
const slowPromises: Scene = {
  what: 'what controllers write of claims arrives late while pods begin',
  recallMs: 0,
  betweenMs: [0, 15_000],
  play: async ({ world }) => {
    const cell = { verb: 'control', operation: 'updateClaimStatus', fault: 'delay' } as const;
    for (let count = 0; count < 4; count++) {
      world.arms.unshift({ cell, skip: world.random.whole(2), anywhereFromMs: Infinity });
    }
    world.note('world', '!!! what controllers write of claims arrives late');
  },
};

/** All is as it should be but for the id of the association, which a release goes by. */
const anew: Scene = {
  what: 'a hand ends an association and makes it anew',
  recallMs: 0,
  betweenMs: [15_000, 90_000],
  play: async ({ world }) => {
    const pod = pickHolder(world);
    const published = pod?.published;
    if (pod === undefined || published === undefined) return;
    const { allocationId, associationId, networkInterfaceId, privateIp } = published;
    const { ec2 } = world.region;
    world.note(pod.name, '!!! a hand associates it anew', published.publicIp);
    world.hadTheft = true;
    world.actor = undefined;
    // another hand may have ended it already
    await ec2.disassociateAddress({ associationId }).catch(() => undefined);
    const place = { networkInterfaceId, privateIpAddress: privateIp };
    await ec2
      .associateAddress({ allocationId, ...place, allowReassociation: false })
      .catch(() => undefined);
  },
};

/** The address that its pod has let go is the last one that is free, and nobody beside it can put that on his link. */
const leftOnLink: Scene = {
  what: 'a container is killed between its claim and its link, while a pod beside it waits for an address',
  recallMs: 0,
  betweenMs: [60_000, 110_000],
  play: async ({ world, cluster }) => {
    const { region, scheduler } = world;
    const pod = pickHolder(world);
    if (pod === undefined) return;
    const { addresses } = region.ec2.snapshot();
    const free = addresses.filter(
      ({ allocationId, associationId }) =>
        associationId === undefined && !region.foreign.has(allocationId),
    );
    world.note(pod.name, '!!! more pods come beside it than addresses are left', free.length);
    for (let count = 0; count <= free.length + 2; count++)
      cluster.create(`beside-${count}`, pod.host);
    const untilMs = world.nowMs + 2 * patienceMs;
    while (!waitsInVain(world, pod) && world.nowMs < untilMs) await scheduler.wait(500);
    const cell = { verb: 'release', operation: 'updateClaim', fault: 'crash after' } as const;
    world.arms.unshift({ cell, skip: 0, anywhereFromMs: Infinity });
    cluster.restart(pod);
  },
};

/** True when a pod of the same host has asked for an address, and none is free. */
function waitsInVain({ standing, managed }: World, { host }: Pod): boolean {
  return standing.some(
    (pod) =>
      pod.host === host &&
      managed?.claimsOf(pod).some(({ status }) => status?.trouble?.code === 'PoolExhausted') ===
        true,
  );
}

/** What managed mode has besides the scenes of both. */
export const managedScenes: readonly Scene[] = [
  outage,
  slowPromises,
  silence,
  lateList,
  backwardList,
  lateWord,
  anew,
  leftOnLink,
];
