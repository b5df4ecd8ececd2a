import { isDeepStrictEqual } from 'node:util';
import { ownerTagKey } from '@truetuple/core';
import type { Ec2Snapshot } from '@truetuple/core/testing';
import type { World } from './world.ts';

/** Faults are over and there was time enough: every live pod holds one address, and nobody else any. */
export function judgeStable(world: World): void {
  const { region, standing } = world;
  const { addresses } = region.ec2.snapshot();
  const pool = addresses.filter(({ allocationId }) => !region.foreign.has(allocationId));
  for (const pod of standing) {
    const { published, process } = pod;
    if (published === undefined) {
      // there are more pods than addresses
      if (pool.every(({ associationId }) => associationId !== undefined)) continue;
      world.violate(
        `${pod.name} (${pod.uid}) holds nothing: ${process?.name} in ${process?.phase}`,
      );
      continue;
    }
    const held = addresses.filter(
      ({ networkInterfaceId, privateIpAddress }) =>
        networkInterfaceId === pod.host.networkInterfaceId && privateIpAddress === pod.privateIp,
    );
    const ids = held.map(({ associationId }) => associationId);
    if (!isDeepStrictEqual(ids, [published.associationId])) {
      world.violate(
        `${pod.name} (${pod.uid}) advertises ${published.publicIp} by ${published.associationId}; its place has ${ids.join(' ')}`,
      );
    }
    const tag = held[0]?.tags.find(({ key }) => key === ownerTagKey)?.value;
    if (!(tag ?? '').includes(`/${pod.uid}/${pod.privateIp}/`)) {
      world.violate(`${pod.name} (${pod.uid}) holds ${published.publicIp} under the record ${tag}`);
    }
  }
  const places = new Set(standing.map((pod) => `${pod.host.networkInterfaceId} ${pod.privateIp}`));
  for (const address of pool) {
    const { publicIp, networkInterfaceId, privateIpAddress } = address;
    const isHeld = places.has(`${networkInterfaceId} ${privateIpAddress}`);
    const tag = address.tags.find(({ key }) => key === ownerTagKey)?.value;
    if (networkInterfaceId !== undefined && !isHeld) {
      world.violate(`${publicIp} is left on ${privateIpAddress} of ${networkInterfaceId}`);
    }
    // the record of an address that a live pod has lost goes with the pod
    const isOfLive = standing.some(({ uid }) => tag?.includes(`/${uid}/`) === true);
    if (!isHeld && !isOfLive && tag !== undefined) {
      world.violate(`${publicIp} is left with the record ${tag}`);
    }
  }
  judgeRoutes(world);
}

function judgeRoutes(world: World): void {
  const wanted = new Map<string, string>(
    world.standing.flatMap(({ published, host }) =>
      published === undefined
        ? []
        : [[`${published.publicIp}/32`, host.networkInterfaceId] as const],
    ),
  );
  for (const { routeTableId, routes } of world.region.ec2.snapshot().routeTables) {
    if (!world.region.routeTableIds.includes(routeTableId)) continue;
    const ours = routes.filter(({ destinationCidrBlock }) =>
      destinationCidrBlock.startsWith('203.0.113.'),
    );
    for (const { destinationCidrBlock, networkInterfaceId } of ours) {
      if (wanted.get(destinationCidrBlock) === networkInterfaceId) continue;
      world.violate(`${routeTableId} leads ${destinationCidrBlock} to ${networkInterfaceId}`);
    }
    if (ours.length < wanted.size) world.violate(`${routeTableId} lacks a route of a live pod`);
  }
}

export interface Movement {
  readonly writes: number;
  readonly steps: number;
  readonly publications: number;
}

export function movementOf(world: World): Movement {
  return {
    writes: world.region.ec2.calls.countWrites(),
    steps: world.pods.reduce((sum, { kernel }) => sum + kernel.applied.length, 0),
    publications: world.pods.reduce((sum, { publications }) => sum + publications, 0),
  };
}

/** Once all is well nothing is written any more. */
export function judgeQuiet(world: World, before: Movement): void {
  const now = movementOf(world);
  if (!isDeepStrictEqual(now, before)) {
    world.violate(`it does not come to rest: ${JSON.stringify(before)}, ${JSON.stringify(now)}`);
  }
}

/** Everybody has gone and the reaper has passed: the region is as it was. */
export function judgeEnd(world: World, before: Stays): void {
  const now = whatStays(world.region.ec2.snapshot(), world);
  for (const kind of ['addresses', 'routeTables', 'networkInterfaces'] as const) {
    for (const [id, was] of before[kind]) {
      const is = now[kind].get(id);
      const isLost = world.hosts.some((host) => host.isLost && host.networkInterfaceId === id);
      if (isLost || was === is) continue;
      world.violate(`left behind: ${was} is ${is}`);
    }
  }
}

export interface Stays {
  readonly addresses: ReadonlyMap<string, string>;
  readonly routeTables: ReadonlyMap<string, string>;
  readonly networkInterfaces: ReadonlyMap<string, string>;
}

/** What of a region must be as it was once nobody holds anything, in words, by id. */
export function whatStays(snapshot: Ec2Snapshot, { unreleased, hosts }: World): Stays {
  const { addresses, routeTables, networkInterfaces } = snapshot;
  return {
    addresses: new Map(addresses.map((one) => [one.allocationId, JSON.stringify(one)])),
    routeTables: new Map(routeTables.map((one) => [one.routeTableId, JSON.stringify(one)])),
    networkInterfaces: new Map(
      networkInterfaces.map(({ networkInterfaceId, privateIpAddresses, tags }) => {
        const host = hosts.find((one) => one.networkInterfaceId === networkInterfaceId);
        const isExcused = (privateIp: string): boolean =>
          host?.isTagged === false &&
          unreleased.has(privateIp) &&
          !host.prepared.includes(privateIp);
        const stays = privateIpAddresses.filter((one) => !isExcused(one.privateIpAddress));
        return [networkInterfaceId, JSON.stringify([networkInterfaceId, stays, tags])];
      }),
    ),
  };
}
