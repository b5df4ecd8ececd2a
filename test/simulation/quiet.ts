import { isDeepStrictEqual } from 'node:util';
import { catchThief } from './drift.ts';
import { complaintsAboutIpv6Links } from './dual-stack/judge-ipv6.ts';
import { complaintsAboutEnd, complaintsAboutQuiet, movementOf, type Stays } from './judge-end.ts';
import { graceMs, reaperPeriodMs } from './reaper.ts';
import type { World } from './world.ts';

/** How often it is looked whether all is well. */
const lookEveryMs = 12_000;

/** No fault is planned any more, and what lasted ends. */
export async function endTrouble(world: World): Promise<void> {
  world.arms.length = 0;
  world.isTroubled = false;
  // a person looks at what the reaper would not take away by itself
  world.brakeShare = 1;
  world.livesUnknownUntilMs = Math.min(world.livesUnknownUntilMs, world.nowMs);
  // the cluster knows by then what it did not know
  for (const pod of world.pods) pod.ipKnownMs = Math.min(pod.ipKnownMs, world.nowMs);
  for (const host of [...world.hosts, ...(world.managed?.hosts ?? [])]) {
    host.partitionedUntilMs = Math.min(host.partitionedUntilMs, world.nowMs);
    host.storeCutUntilMs = Math.min(host.storeCutUntilMs, world.nowMs);
  }
  // a request names a time by the wall clock: nobody heeds that of a machine whose clock is an hour behind
  if (world.standbys.size > 0) {
    for (const host of [...world.hosts, ...(world.managed?.hosts ?? [])]) host.clockOffsetMs = 0;
  }
  const controllers = world.managed?.controllers.keys() ?? [];
  for (const process of [...world.pods.map((pod) => pod.process), ...controllers]) {
    process?.seeNow();
  }
  await catchThief(world);
}

/**
 * Runs until every live pod has held what it should, and nothing was written, for as long as a keep takes for two
 * looks and a reaper to take away what it finds: from then on nothing more would happen. What is not so at the
 * bound is wrong.
 */
export async function comeToRest(world: World, intervalMs: number): Promise<void> {
  const { scheduler, region } = world;
  const stillMs = Math.max(2 * intervalMs, graceMs + 2 * reaperPeriodMs) + 5000;
  // in the first five minutes after a claim a theft may go unproven
  const proofMs = region.claimScope === 'eni' || world.hadTheft ? 300_000 : 60_000;
  const boundMs = scheduler.nowMs + proofMs + 3 * intervalMs + 3 * graceMs;
  let wellSinceMs = Infinity;
  let movement = movementOf(world);
  while (world.violations.length === 0) {
    await scheduler.runUntil(scheduler.nowMs + lookEveryMs);
    const now = movementOf(world);
    const moves = !isDeepStrictEqual(now, movement);
    movement = now;
    const wrong = moves || wellSinceMs === Infinity ? await complaintsNow(world) : [];
    if (wrong.length > 0) wellSinceMs = Infinity;
    else if (moves || wellSinceMs === Infinity) wellSinceMs = scheduler.nowMs;
    if (scheduler.nowMs - wellSinceMs >= stillMs) return;
    if (scheduler.nowMs < boundMs) continue;
    for (const one of wrong) world.violate(one);
    // it may have become well just now; then it must stay so
    if (scheduler.nowMs > boundMs + stillMs + lookEveryMs)
      world.violate('it does not come to rest');
  }
}

async function complaintsNow(world: World): Promise<string[]> {
  return [...complaintsAboutQuiet(world), ...(await complaintsAboutIpv6Links(world))];
}

/** Everybody goes; runs until the region is as it was before the first. */
export async function becomeEmpty(world: World, before: Stays): Promise<void> {
  const { scheduler } = world;
  const boundMs = scheduler.nowMs + 120_000 + 2 * graceMs;
  let looksAlike = 0;
  while (world.violations.length === 0) {
    await scheduler.runUntil(scheduler.nowMs + lookEveryMs);
    if (world.standing.length > 0 && scheduler.nowMs < boundMs) continue;
    const wrong = complaintsAboutEnd(world, before);
    // a request that was under way may still arrive
    looksAlike = wrong.length === 0 && world.standing.length === 0 ? looksAlike + 1 : 0;
    if (looksAlike === 2) return;
    if (scheduler.nowMs < boundMs || wrong.length === 0) continue;
    for (const one of wrong) world.violate(one);
  }
}
