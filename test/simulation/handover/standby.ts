import { requestHandover, type HandoverReport, type Owner } from '@truetuple/core';
import type { Cluster } from '../cluster.ts';
import { ec2Port } from '../ec2-port.ts';
import type { Mode } from '../faults.ts';
import { pickHolder } from '../pick-holder.ts';
import { livePods } from '../reaper.ts';
import { poolName } from '../region.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import type { Pod, World } from '../world.ts';

/** Every sixteenth seed has a standby, all of them of direct mode. */
export function hasStandby(seed: number, mode: Mode): boolean {
  return mode === 'direct' && seed % 16 === 5;
}

/** When a standby comes, after the first pod. */
const comesMs = [15_000, 60_000] as const;
const standbyName = 'standby';

/** A pod comes, some time, that is to have the address of another one, and no other. */
export function planStandby(world: World, cluster: Cluster, firstPodMs: number): void {
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
  };
  scheduler.at(firstPodMs + random.between(...comesMs), come);
}

/** What a standby's process does first: it has whoever holds the address give it up. */
export function askFor(
  world: World,
  pod: Pod,
  process: SimulatedProcess,
  { address, by, signal }: { address: string; by: Owner; signal: AbortSignal },
): Promise<HandoverReport> {
  // not every application can ask who lives
  const live = { livePods: () => livePods(world, process) };
  const ports = {
    ec2: ec2Port(world, process, pod),
    clock: process.clock(world.scheduler),
    ...(world.random.chance(0.7) ? { live } : {}),
    signal,
  };
  return requestHandover({ pool: poolName, address, by, privateIp: pod.privateIp }, ports);
}
