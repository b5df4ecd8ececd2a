import { reapOrphans, type LivePods, type ReapReport } from '@truetuple/core';
import { ec2Port } from './ec2-port.ts';
import { ClaimsPort } from './managed/claims-port.ts';
import { poolName } from './region.ts';
import type { SimulatedHost } from './simulated-host.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { disturbedMs, type World } from './world.ts';

/** How long something must have looked orphaned. */
export const graceMs = 45_000;

/** The longest time from one pass of a reaper to its next. */
export const reaperPeriodMs = 40_000;

/** What outlives a process of a reaper: the sightings of its last pass, and which pods the lists of it and of those before showed when. */
interface Known {
  readonly sightings: ReapReport['sightings'];
  readonly saw: ReadonlyMap<string, number>;
}

const nothingKnown: Known = { sightings: [], saw: new Map() };

/** Reaps again and again; killed, it is started again. */
export function runReaper(
  world: World,
  host: SimulatedHost,
  name: string,
  everyMs: number,
  known: Known = nothingKnown,
): void {
  const { scheduler, random } = world;
  let earlier = known;
  const process = new SimulatedProcess(name, host, 'reap');
  for (const [uid, ms] of known.saw) process.saw.set(uid, ms);
  process.onDeath(() => {
    // as it would come back from a file, if there is one; only the wall clock tells how old it is
    const isKept = random.chance(0.5) && host.clockOffsetMs === 0;
    const kept = isKept ? structuredClone(earlier) : nothingKnown;
    scheduler.after(random.between(500, 5000), () => runReaper(world, host, name, everyMs, kept));
  });
  const ports = { ec2: ec2Port(world, process, undefined), clock: process.clock(scheduler) };
  const live = { livePods: () => livePods(world, process) };
  const { managed } = world;
  const more = managed === undefined ? {} : { claims: new ClaimsPort(world, process, managed) };
  const pass = async (): Promise<void> => {
    for (;;) {
      await scheduler.wait(everyMs * random.between(0.75, 1));
      if (!process.isAlive) return;
      world.note(name, 'begins a pass');
      // when all pods go at once a person says that this is meant
      const request = {
        pool: poolName,
        live,
        earlier: earlier.sightings,
        graceMs,
        brakeShare: world.brakeShare,
        ...more,
      };
      const report = await reapOrphans(request, ports).catch((error: unknown) => {
        world.note(name, 'a pass failed', error);
      });
      if (report === undefined) continue;
      earlier = { sightings: report.sightings, saw: new Map(process.saw) };
      const { outcome, applied, failed, waiting } = report;
      world.note(name, 'ends a pass', { outcome, applied, failed, waiting });
    }
  };
  void pass();
}

/** As a process is answered who lives. */
export function livePods(world: World, process: SimulatedProcess): Promise<LivePods> {
  return new Promise((resolve, reject) => {
    world.endings.push(() => reject(new Error('the simulation is over')));
    if (!process.isAlive) return;
    const fault = world.strike(process, 'livePods');
    if (!process.isAlive) return;
    const waits = fault === 'delay' ? world.random.between(1000, 10_000) : 0;
    // what the answer says is as of when it left
    world.scheduler.after(world.random.between(1, 30), () => {
      const listedMs = world.nowMs;
      const asOfMs = listedMs - world.listLagMs;
      const pods = shownAt(world, asOfMs);
      world.scheduler.after(world.random.between(1, 30) + waits, () => {
        if (!process.isAlive) return;
        const isUnknown = world.livesUnknownUntilMs > listedMs;
        if (isUnknown) process.disturb(world.nowMs + disturbedMs);
        if (fault === 'crash after') process.kill();
        else if (isUnknown || fault === 'error' || fault === 'lost response') {
          reject(new Error('the cluster does not answer'));
        } else {
          process.learn('livePods', asOfMs, world.nowMs);
          for (const { uid } of pods) process.saw.set(uid, world.nowMs);
          resolve({ complete: true, pods, version: asOfMs });
        }
      });
    });
  });
}

/** The cluster's list of pods as it was then: an informer is behind. */
function shownAt({ pods }: World, ms: number): LivePods['pods'] {
  return pods
    .filter(({ createdMs, objectGoneMs }) => createdMs <= ms && objectGoneMs > ms)
    .map(({ uid, host, privateIp, ipKnownMs, createdMs }) => ({
      uid,
      createdAtMs: createdMs,
      instanceId: host.instanceId,
      privateIps: ipKnownMs <= ms ? [privateIp] : 'unknown',
    }));
}
