import { FakeNode } from '@truetuple/core/testing';
import { Cluster } from './cluster.ts';
import { driftsOf, drift, theft } from './drift.ts';
import { isDualStack } from './dual-stack/ipv6-setting.ts';
import { provocationOf } from './provocation.ts';
import {
  cellsByMode,
  handoverCellsByMode,
  ipv6CellsByMode,
  type Cell,
  type Mode,
} from './faults.ts';
import { hasStandby, planStandby } from './handover/standby.ts';
import { startControllers } from './managed/controllers.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { whatStays } from './judge-end.ts';
import { Random } from './random.ts';
import { becomeEmpty, comeToRest, endTrouble } from './quiet.ts';
import { reaperPeriodMs, runReaper } from './reaper.ts';
import { buildRegion, passAround, settleForeign } from './region.ts';
import { sceneOf } from './scenes.ts';
import { Scheduler } from './scheduler.ts';
import type { SimulatedHost } from './simulated-host.ts';
import { World, type Excuse } from './world.ts';

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number;
  /** Empty when every invariant held. */
  readonly violations: readonly string[];
  readonly history: History;
  readonly struck: ReadonlyMap<string, number>;
  readonly steps: ReadonlySet<string>;
  /** How many things were not judged, by why. */
  readonly excused: ReadonlyMap<Excuse, number>;
  readonly faults: number;
  readonly pods: number;
  readonly hosts: number;
  readonly events: number;
  /** Milliseconds of virtual time. */
  readonly simulatedMs: number;
}

/** How long before the first pod the region was made. */
const preparedMs = 20_000;
const troubleEndsMs = preparedMs + 150_000;
const leastFaults = 4;
/** So long after its time faults that still wait are given something to strike at. */
const idleMs = 120_000;

/** Every fourth seed is a cluster in managed mode. */
function modeOf(seed: number): Mode {
  return seed % 4 === 3 ? 'managed' : 'direct';
}

/** Runs one seed to its end, or to the first thing that is wrong. */
export async function simulate(
  seed: number,
  {
    mode = modeOf(seed),
    history = new History({ isKept: true }),
  }: { readonly mode?: Mode | undefined; readonly history?: History } = {},
): Promise<SeedResult> {
  const random = new Random(seed);
  const scheduler = new Scheduler();
  const podCount = 6 + random.whole(3);
  const scene = sceneOf(seed, mode, random);
  const claimScope = random.pick(['eni', 'privateIp'] as const);
  const region = buildRegion(scheduler, random, {
    // a scarce pool: what one lets go the next takes at once
    poolSize: random.chance(0.3) ? podCount : podCount + 2 + random.whole(4),
    claimScope,
    lagMs: random.chance(0.5) ? 0 : random.between(100, 4000),
    recallMs: scene?.recallMs ?? 0,
    hasIpv6: isDualStack(seed),
    seed,
  });
  await settleForeign(region);
  if (scene !== undefined && scene.recallMs > 0) await passAround(region, scheduler);
  const world = new World({ scheduler, random, history, region });
  const intervalMs = random.pick([30_000, 60_000]);
  world.listLagMs = random.chance(0.4) ? random.between(500, 8000) : 0;
  if (mode === 'managed') startControllers(world, controllerHost);
  const invariants = new Invariants(world, intervalMs);
  const cluster = new Cluster(world, invariants, intervalMs);
  const hostCount = 2 + random.whole(2);
  for (let at = 0; at < hostCount; at++) await cluster.addHost(random.chance(0.7));
  // what hands prepared is older than any read can be behind
  await scheduler.runUntil(preparedMs);
  const before = whatStays(region.ec2.snapshot(), world);
  const isHandover = hasStandby(seed, mode);
  planFaults(world, cluster, invariants, isHandover ? handoverCellsByMode[mode] : undefined);
  if (isHandover) planStandby(world, { cluster, invariants, firstPodMs: preparedMs });
  for (let at = 0; at < podCount; at++) {
    const host = world.hosts[at % hostCount];
    if (host === undefined) throw new Error('no host');
    scheduler.after(random.between(0, 20_000), () => cluster.create(`sip-${at}`, host));
  }
  planLives(world, cluster, invariants);
  if (scene !== undefined) {
    const sceneMs = preparedMs + random.between(...scene.betweenMs);
    scheduler.at(sceneMs, () => void scene.play({ world, cluster, truth: invariants.truth }));
  }
  runReaper(world, controllerHost('controller'), 'reaper', 30_000);
  if (random.chance(0.3))
    runReaper(world, controllerHost('controller'), 'reaper-2', reaperPeriodMs);

  const result = (): SeedResult => ({
    seed,
    violations: world.violations,
    history,
    struck: world.struck,
    steps: world.steps,
    excused: new Map([...world.excused].map(([reason, { size }]) => [reason, size])),
    faults: world.faults,
    pods: world.pods.length,
    hosts: world.hosts.length,
    events: scheduler.ran,
    simulatedMs: scheduler.nowMs,
  });
  await haveTrouble(world, cluster);
  if (world.violations.length > 0) return result();
  world.note('world', '--- trouble ends');
  await endTrouble(world);
  await comeToRest(world, intervalMs);
  if (world.violations.length > 0) return result();
  world.note('world', '--- everybody goes');
  cluster.close();
  for (const pod of world.standing) {
    const goes = (): void =>
      random.chance(0.5) ? cluster.remove(pod) : cluster.removeByForce(pod, random.between(0, 500));
    scheduler.after(random.between(0, 20_000), goes);
  }
  await becomeEmpty(world, before);
  const whole = result();
  world.letGo();
  return whole;
}

/** A machine of the reaper, or of a controller: it has no media ENI. */
export function controllerHost(name: string): SimulatedHost {
  return {
    name,
    links: new FakeNode(),
    instanceId: '',
    networkInterfaceId: '',
    macAddress: '',
    isTagged: false,
    prepared: [],
    range: [],
    free: [],
    partitionedUntilMs: 0,
    storeCutUntilMs: 0,
    isLost: false,
    clockOffsetMs: 0,
  };
}

/**
 * At least four faults, each waiting for a step of its own; one that waits too long strikes anywhere. A step
 * that comes only when something happens to a pod has that happen.
 */
function planFaults(
  world: World,
  cluster: Cluster,
  { truth }: Invariants,
  also: readonly Cell[] | undefined,
): void {
  const { random, scheduler } = world;
  const count = 5 + random.whole(3);
  const mode = world.managed === undefined ? 'direct' : 'managed';
  for (let at = 0; at < count; at++) {
    const besides = also ?? (world.region.hasIpv6 ? ipv6CellsByMode[mode] : undefined);
    const isBesides = besides !== undefined && random.chance(0.5);
    const cell = random.pick(isBesides ? besides : cellsByMode[mode]);
    const provoke = provocationOf(cell);
    const skip = provoke === undefined ? random.whole(4) : 0;
    // a reaper takes away only what it has seen for a while
    const isSlow = cell.verb === 'reap' && provoke !== undefined;
    const anywhereFromMs = preparedMs + (isSlow ? 130_000 : random.between(60_000, 110_000));
    world.arms.push({ cell, skip, anywhereFromMs });
    if (provoke === undefined) continue;
    const provokedMs = isSlow ? random.between(12_000, 25_000) : random.between(25_000, 55_000);
    scheduler.at(preparedMs + provokedMs, () => {
      const holders = world.standing.filter(
        ({ published, isStopping }) => published !== undefined && !isStopping,
      );
      if (holders.length > 0) provoke({ world, cluster, truth, pod: random.pick(holders) });
    });
  }
}

/** What befalls pods besides faults: they are deleted, evicted, and what they hold is changed by others. */
function planLives(world: World, cluster: Cluster, { truth }: Invariants): void {
  const { random, scheduler } = world;
  const happenings = 4 + random.whole(6);
  const { ofCloud, ofKernel } = driftsOf(world);
  for (let at = 0; at < happenings; at++) {
    scheduler.at(random.between(preparedMs + 15_000, troubleEndsMs), () => {
      const { standing } = world;
      if (standing.length === 0) return;
      const pod = random.pick(standing);
      const draw = random.next();
      if (draw < 0.2) cluster.remove(pod);
      else if (draw < 0.35) cluster.removeByForce(pod, random.between(0, 3000));
      else if (draw < 0.45) pod.process?.kill();
      else if (draw < 0.5) cluster.evict(pod.host, random.between(10_000, 60_000));
      else if (draw < 0.7) void drift(world, pod, random.pick(ofKernel), truth);
      else if (draw < 0.75) void drift(world, pod, theft, truth);
      else void drift(world, pod, random.pick(ofCloud), truth);
    });
  }
}

/**
 * Until its time is over, and, where faults wait for a step longer than that, at least four have struck. Where nothing happens any more no
 * such step may ever come: pods are replaced then, one after the other.
 */
async function haveTrouble(world: World, cluster: Cluster): Promise<void> {
  const { scheduler, random } = world;
  await scheduler.runUntil(troubleEndsMs);
  while (world.faults < leastFaults && world.violations.length === 0) {
    await scheduler.runUntil(world.nowMs + 10_000);
    const { standing } = world;
    const isIdle = world.nowMs > troubleEndsMs + idleMs && standing.length > 0;
    if (isIdle) cluster.remove(random.pick(standing));
  }
}
