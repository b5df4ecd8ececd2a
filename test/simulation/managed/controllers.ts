import { controlClaims, RequestLanes, type ClaimControl } from '@truetuple/core';
import { ec2Port } from '../ec2-port.ts';
import { graceMs, livePods } from '../reaper.ts';
import { poolName } from '../region.ts';
import type { SimulatedHost } from '../simulated-host.ts';
import { SimulatedProcess } from '../simulated-process.ts';
import type { World } from '../world.ts';
import { ClaimsPort } from './claims-port.ts';
import { SimulatedLease } from './lease-server.ts';
import { controlIntervalMs, ManagedCluster } from './managed-cluster.ts';

/** Runs a controller; killed, it is started again. */
function runController(
  world: World,
  cluster: ManagedCluster,
  host: SimulatedHost,
  starts = 1,
): void {
  const { scheduler, random } = world;
  const process = new SimulatedProcess(`${host.name}#${starts}`, host, 'control');
  const lease = new SimulatedLease(world, process, cluster.lease);
  cluster.controllers.set(process, lease);
  world.note(process.name, 'starts');
  process.onDeath(() => {
    world.note(process.name, 'is dead');
    cluster.controllerDied(process);
    const pauseMs = random.between(500, 5000);
    scheduler.after(pauseMs, () => runController(world, cluster, host, starts + 1));
  });
  lease.keep();
  const clock = process.clock(scheduler);
  const parts = {
    ec2: ec2Port(world, process, undefined),
    lanes: new RequestLanes({ clock, random: () => random.next() }),
    claims: new ClaimsPort(world, process, cluster),
    lease,
    live: { livePods: () => livePods(world, process) },
    clock,
  };
  const control = controlClaims(parts, {
    pool: poolName,
    intervalMs: controlIntervalMs,
    graceMs,
    onTrouble: (error, claim) => {
      if (process.isAlive) world.note(process.name, `trouble ${claim?.name ?? ''}`, error);
    },
  });
  if (random.chance(0.1)) {
    scheduler.after(random.between(20_000, 150_000), () => void replace(world, process, control));
  }
}

/** As a rolling update: ended in an orderly way, another one comes. Like every fault it ends with the trouble: the next one's grace begins anew. */
async function replace(
  world: World,
  process: SimulatedProcess,
  control: ClaimControl,
): Promise<void> {
  if (!process.isAlive || !world.isTroubled) return;
  await control.close();
  process.kill();
}

/** Two controllers that contend for the lease. */
export function startControllers(world: World, makeHost: (name: string) => SimulatedHost): void {
  const cluster = new ManagedCluster(
    world,
    world.random.chance(0.5) ? 0 : world.random.between(100, 4000),
  );
  world.managed = cluster;
  for (const name of ['control-0', 'control-1']) {
    const host = makeHost(name);
    cluster.hosts.push(host);
    world.scheduler.after(world.random.between(0, 3000), () => runController(world, cluster, host));
  }
}
