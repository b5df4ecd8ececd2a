import { ensurePublicIdentity, type HeldIdentity, type Keeping } from '@truetuple/core';
import { ipv6Spec } from './dual-stack/ipv6-setting.ts';
import { askFor } from './handover/standby.ts';
import type { Invariants } from './invariants.ts';
import { ownerOf } from './pod-owner.ts';
import { podPorts } from './pod-ports.ts';
import { poolName, regionName } from './region.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Pod, World } from './world.ts';

/** What a program of the simulation runs in. */
export interface ProgramPlace {
  readonly world: World;
  readonly invariants: Invariants;
  /** Of the keep. */
  readonly intervalMs: number;
}

/** What the container's program does: hold an identity until it is told to stop. */
export async function runPodProgram(
  { world, invariants, intervalMs }: ProgramPlace,
  pod: Pod,
  process: SimulatedProcess,
  stop: AbortSignal,
): Promise<void> {
  const node = podPorts(world, pod, process, (one, was) => invariants.published(one, was));
  const stopped = new Promise<undefined>((resolve) => {
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const spec = {
    owner: ownerOf(pod),
    pool: poolName,
    region: regionName,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids' as const, routeTableIds: [...world.region.routeTableIds] },
    ...(world.region.hasIpv6 ? ipv6Spec : {}),
  };
  const address = world.standbys.get(pod.name);
  if (address !== undefined && world.managed === undefined) {
    process.phase = 'request';
    const report = await askFor(world, pod, process, { address, signal: stop });
    world.note(process.name, 'may have it', report.outcome);
    invariants.handedOver(report);
    process.phase = 'ensure';
  }
  const asked = address === undefined ? {} : { address };
  const held = await ensurePublicIdentity({ ...spec, ...asked }, { node, signal: stop });
  world.note(process.name, 'holds', held.identity.publicIp);
  process.phase = 'keep';
  pod.failedStarts = 0;
  const keeping = await held.keep({
    intervalMs,
    random: () => world.random.next(),
    onEvent: (event) => {
      world.note(process.name, `keep: ${event.kind}`, 'error' in event ? event.error : undefined);
      invariants.kept(pod, event);
    },
  });
  invariants.keeps(pod);
  const end = await Promise.race([stopped, keeping.ended]);
  world.note(process.name, 'ends', end?.kind ?? 'told to stop');
  if (end?.kind === 'lost' && end.isFenced) invariants.fenced(pod);
  if (end === undefined || world.random.chance(0.5)) {
    const knewPrivateIp = await hasPrivateIp(pod);
    const isGivenBack = await giveBack(world, process, held, keeping);
    pod.hasReleased = isGivenBack && knewPrivateIp && (await hasPrivateIp(pod));
  }
  process.kill();
}

/** Only by its own link does a release know that the private IP is nobody else's: taken off there, it may be the next pod's. */
async function hasPrivateIp({ kernel, privateIp }: Pod): Promise<boolean> {
  const net1 = await kernel.observe('net1', 0);
  return net1?.addresses.some(({ address }) => address === privateIp) === true;
}

async function giveBack(
  world: World,
  process: SimulatedProcess,
  held: HeldIdentity,
  keeping: Keeping,
): Promise<boolean> {
  await keeping.close();
  process.phase = 'release';
  const failure: unknown = await held.release().catch((error: unknown) => error);
  world.note(process.name, 'released', failure);
  return failure === undefined;
}
