import { ownerTagKey, type ElasticIp } from '@truetuple/core';
import type { Ec2Call, Ec2Snapshot } from '@truetuple/core/testing';
import { complaintsAboutIpv6 } from './dual-stack/judge-ipv6.ts';
import { complaintsAboutClaims } from './managed/judge-claims.ts';
import type { Pod, World } from './world.ts';

/** What is wrong when faults are over and there was time enough: every live pod holds one address, nobody else any. */
export function complaintsAboutQuiet(world: World): string[] {
  const { region, standing } = world;
  const snapshot = region.ec2.snapshot();
  const { addresses, routeTables } = snapshot;
  const pool = addresses.filter(({ allocationId }) => !region.foreign.has(allocationId));
  const keptOut = standing.filter((pod) => isKeptOut(world, pod, snapshot));
  const judged = standing.filter((pod) => !keptOut.includes(pod));
  // a reaper leaves the routes of a free address alone while a pod that holds none may be claiming it
  const spared = keptOut.length === 0 ? [] : pool.filter((one) => one.associationId === undefined);
  return [
    ...complaintsAboutClaims(world),
    ...complaintsAboutIpv6(world, snapshot),
    ...judged.flatMap((pod) => complaintsAboutPod(pod, pool)),
    ...pool.flatMap((address) => complaintsAboutAddress(address, standing)),
    ...judged.flatMap((pod) => complaintsAboutUse(pod, pool)),
    ...complaintsAboutRoutes(
      world,
      routeTables,
      spared.map(({ publicIp }) => `${publicIp}/32`),
    ),
  ];
}

/**
 * True for a pod without an address whose private IP stands on another ENI, which does not carry the pool's tag, where
 * a pod left it that died without a release, and no record says that it is truetuple's: nobody can know.
 */
function isKeptOut(world: World, pod: Pod, { networkInterfaces, addresses }: Ec2Snapshot): boolean {
  const { privateIp, published } = pod;
  const holder = networkInterfaces.find((one) =>
    one.privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === privateIp),
  );
  if (published !== undefined || holder === undefined) return false;
  const { networkInterfaceId } = holder;
  const host = world.hosts.find((one) => one.networkInterfaceId === networkInterfaceId);
  const isRecorded = addresses.some(
    (one) => ownerTagOf(one)?.endsWith(`/${privateIp}/assigned/${networkInterfaceId}`) === true,
  );
  const isNobodys =
    world.managed === undefined &&
    host?.isTagged === false &&
    host !== pod.host &&
    !host.prepared.includes(privateIp) &&
    world.unreleased.has(privateIp);
  if (isRecorded || !isNobodys) return false;
  world.excuse('pod kept from its private IP', `${pod.uid} ${privateIp}`);
  return true;
}

function complaintsAboutPod(pod: Pod, pool: Ec2Snapshot['addresses']): string[] {
  const { published, process, name, uid, privateIp } = pod;
  if (published === undefined) {
    // there are more pods than addresses
    if (pool.every(({ associationId }) => associationId !== undefined)) return [];
    return [`${name} (${uid}) holds nothing: ${process?.name} in ${process?.phase}`];
  }
  const held = pool.filter(
    (one) =>
      one.networkInterfaceId === pod.host.networkInterfaceId && one.privateIpAddress === privateIp,
  );
  const complaints: string[] = [];
  const ids = held.map(({ associationId }) => associationId).join(' ');
  if (ids !== published.associationId) {
    complaints.push(
      `${name} (${uid}) advertises ${published.publicIp} by ${published.associationId}; its place has ${ids}`,
    );
  }
  const tag = ownerTagOf(held[0]);
  if (tag?.includes(`/${uid}/${privateIp}/`) !== true) {
    complaints.push(`${name} (${uid}) holds ${published.publicIp} under the record ${tag}`);
  }
  return complaints;
}

/** An address that its pod does not use may be the one that another pod waits for. */
function complaintsAboutUse(pod: Pod, pool: Ec2Snapshot['addresses']): string[] {
  const { published, name, uid, host, privateIp } = pod;
  if (published !== undefined) return [];
  const idle = pool.filter(
    (one) =>
      one.networkInterfaceId === host.networkInterfaceId && one.privateIpAddress === privateIp,
  );
  return idle.map(({ publicIp }) => `${name} (${uid}) has ${publicIp} and does not advertise it`);
}

function complaintsAboutAddress(address: ElasticIp, standing: readonly Pod[]): string[] {
  const { publicIp, networkInterfaceId, privateIpAddress } = address;
  const isHeld = standing.some(
    (pod) =>
      pod.host.networkInterfaceId === networkInterfaceId && pod.privateIp === privateIpAddress,
  );
  if (isHeld) return [];
  const complaints: string[] = [];
  const tag = ownerTagOf(address);
  if (networkInterfaceId !== undefined) {
    complaints.push(`${publicIp} is left on ${privateIpAddress} of ${networkInterfaceId}`);
  }
  // the record of an address that a live pod has lost goes with the pod
  const isOfLive = standing.some(({ uid }) => tag?.includes(`/${uid}/`) === true);
  if (!isOfLive && tag !== undefined) complaints.push(`${publicIp} is left with the record ${tag}`);
  return complaints;
}

function ownerTagOf(address: ElasticIp | undefined): string | undefined {
  return address?.tags.find(({ key }) => key === ownerTagKey)?.value;
}

function complaintsAboutRoutes(
  { standing, region }: World,
  tables: Ec2Snapshot['routeTables'],
  spared: readonly string[],
): string[] {
  const wanted = new Map<string, string>(
    standing.flatMap(({ published, host }) =>
      published === undefined
        ? []
        : [[`${published.publicIp}/32`, host.networkInterfaceId] as const],
    ),
  );
  const ours = tables.filter(({ routeTableId }) => region.routeTableIds.includes(routeTableId));
  return ours.flatMap(({ routeTableId, routes }) => {
    const led = routes.filter(
      ({ destinationCidrBlock: to }) => to.startsWith('203.0.113.') && !spared.includes(to),
    );
    const astray = led.filter(
      (one) => wanted.get(one.destinationCidrBlock) !== one.networkInterfaceId,
    );
    return [
      ...astray.map(
        (one) => `${routeTableId} leads ${one.destinationCidrBlock} to ${one.networkInterfaceId}`,
      ),
      ...(led.length < wanted.size ? [`${routeTableId} lacks a route of a live pod`] : []),
    ];
  });
}

export interface Movement {
  readonly writes: number;
  readonly steps: number;
  readonly publications: number;
  readonly claims: number;
}

function isRefusedWrite({ action, outcome }: Ec2Call): boolean {
  return outcome !== 'done' && !action.startsWith('Describe');
}

export function movementOf(world: World): Movement {
  const { calls } = world.region.ec2;
  // a pod that is kept from its private IP asks for it again and again, and is refused
  const asksInVain = world.excused.has('pod kept from its private IP');
  const refused = asksInVain ? calls.entries.filter(isRefusedWrite).length : 0;
  return {
    writes: calls.countWrites() - refused,
    steps: world.pods.reduce((sum, { kernel }) => sum + kernel.applied.length, 0),
    claims: world.managed?.writes ?? 0,
    publications: world.pods.reduce((sum, { publications }) => sum + publications, 0),
  };
}

/** What is wrong when everybody has gone and the reaper has passed: the region is as it was. */
export function complaintsAboutEnd(world: World, before: Stays): string[] {
  const now = whatStays(world.region.ec2.snapshot(), world);
  const claims = (world.managed?.claims ?? []).map(({ name }) => `left behind: claim ${name}`);
  const differing = (['addresses', 'routeTables', 'networkInterfaces'] as const).flatMap((kind) =>
    [...before[kind]].flatMap(([id, was]) => {
      const is = now[kind].get(id);
      const isLost = world.hosts.some((host) => host.isLost && host.networkInterfaceId === id);
      return isLost || was === is ? [] : [`left behind: ${was} is ${is}`];
    }),
  );
  return [...claims, ...differing];
}

export interface Stays {
  readonly addresses: ReadonlyMap<string, string>;
  readonly routeTables: ReadonlyMap<string, string>;
  readonly networkInterfaces: ReadonlyMap<string, string>;
}

/** What of a region must be as it was once nobody holds anything, in words, by id. */
export function whatStays(snapshot: Ec2Snapshot, world: World): Stays {
  const { unreleased, hosts } = world;
  const { addresses, routeTables, networkInterfaces } = snapshot;
  return {
    addresses: new Map(addresses.map((one) => [one.allocationId, JSON.stringify(one)])),
    routeTables: new Map(routeTables.map((one) => [one.routeTableId, JSON.stringify(one)])),
    networkInterfaces: new Map(
      networkInterfaces.map(({ networkInterfaceId, privateIpAddresses, ipv6Addresses, tags }) => {
        const host = hosts.find((one) => one.networkInterfaceId === networkInterfaceId);
        const isExcused = (privateIp: string): boolean => {
          const isUnknown = host?.isTagged === false && !host.prepared.includes(privateIp);
          if (world.managed !== undefined) return false;
          if (!isUnknown || !unreleased.has(privateIp)) return false;
          world.excuse('unrecorded private IP', privateIp);
          return true;
        };
        const stays = privateIpAddresses.filter((one) => !isExcused(one.privateIpAddress));
        return [
          networkInterfaceId,
          JSON.stringify([networkInterfaceId, stays, ipv6Addresses, tags]),
        ];
      }),
    ),
  };
}
