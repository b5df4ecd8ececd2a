import { requestHandover, type HandoverReport } from '@truetuple/core';
import type { Cluster } from '../cluster.ts';
import { ec2Port } from '../ec2-port.ts';
import type { Mode } from '../faults.ts';
import type { Invariants } from '../invariants.ts';
import { pickHolder } from '../pick-holder.ts';
import { ownerOf } from '../pod-owner.ts';
import { livePods } from '../reaper.ts';
import { poolName } from '../region.ts';
import type { SimulatedHost } from '../simulated-host.ts';
import { SimulatedProcess } from '../simulated-process.ts';
import type { Pod, World } from '../world.ts';

/** Every sixteenth seed of all has a standby in direct mode, another one in managed mode. */
export function hasStandby(seed: number, mode: Mode): boolean {
  return seed % 16 === (mode === 'direct' ? 5 : 7);
}

/** When a standby comes, after the first pod. */
const comesMs = [15_000, 60_000] as const;
const standbyName = 'standby';

/** What is planned, and by whom a handover is judged. */
interface Plan {
  readonly cluster: Cluster;
  readonly invariants: Invariants;
  readonly firstPodMs: number;
}

/** A pod comes, some time, that is to have the address of another one, and no other. */
export function planStandby(world: World, plan: Plan): void {
  const { cluster, firstPodMs } = plan;
  const { random, scheduler, hosts, standbys } = world;
  const come = (): void => {
    const holder = pickHolder(world);
    if (holder?.published === undefined) {
      scheduler.after(2000, come);
      return;
    }
    standbys.set(standbyName, holder.published.publicIp);
    world.note(standbyName, `is to have ${holder.published.publicIp}`, holder.uid);
    cluster.create(standbyName, random.pick(hosts));
    const { managed } = world;
    if (managed === undefined) return;
    const host = random.pick(managed.hosts);
    void runOperator(world, { ...plan, host, address: holder.published.publicIp });
  };
  scheduler.at(firstPodMs + random.between(...comesMs), come);
}

/** What a standby's process does first: it has whoever holds the address give it up. */
export function askFor(
  world: World,
  pod: Pod,
  process: SimulatedProcess,
  { address, signal }: { readonly address: string; readonly signal?: AbortSignal },
): Promise<HandoverReport> {
  const isOwn = pod.process === process;
  // not every application can ask who lives
  const live = { livePods: () => livePods(world, process) };
  const ports = {
    ec2: ec2Port(world, process, isOwn ? pod : undefined),
    clock: process.clock(world.scheduler),
    ...(world.random.chance(0.7) ? { live } : {}),
    ...(signal === undefined ? {} : { signal }),
  };
  const { privateIp } = pod;
  return requestHandover({ pool: poolName, address, by: ownerOf(pod), privateIp }, ports);
}

/** What a person does for a standby, and where. */
interface Operation extends Pick<Plan, 'invariants'> {
  readonly host: SimulatedHost;
  readonly address: string;
}

/** A person's program: it has an address handed over to the standby, whose claim waits for just that one. */
async function runOperator(world: World, plan: Operation, starts = 1): Promise<void> {
  const { scheduler, random } = world;
  const { host, address, invariants } = plan;
  const process = new SimulatedProcess(`operator#${starts}`, host, 'request');
  process.onDeath(() => {
    scheduler.after(random.between(500, 5000), () => {
      void runOperator(world, plan, starts + 1);
    });
  });
  for (;;) {
    await scheduler.wait(random.between(1000, 6000));
    if (!process.isAlive) return;
    const pod = world.standing.find(
      ({ name, published, objectGoneMs, isStopping }) =>
        name === standbyName && published === undefined && objectGoneMs === Infinity && !isStopping,
    );
    if (pod === undefined) continue;
    const report = await askFor(world, pod, process, { address }).catch((error: unknown) => {
      world.note(process.name, 'is refused', error);
    });
    if (report === undefined) continue;
    world.note(process.name, 'may have it', report.outcome);
    invariants.handedOver(report);
  }
}
