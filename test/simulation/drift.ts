import { ownerTagKey, type Cidr, type Ipv4Address, type Ipv6Address } from '@truetuple/core';
import { ipv6CloudDrifts, ipv6KernelDrifts } from './dual-stack/ipv6-drifts.ts';
import type { Truth } from './truth.ts';
import type { Pod, World } from './world.ts';

const table = 200;

/** What hands, or other programs, do to what a pod holds. */
export interface Drift {
  readonly what: string;
  readonly act: (world: World, pod: Pod, truth: Truth) => unknown;
}

function held(pod: Pod): { readonly allocationId: string; readonly destination: Cidr } {
  const { allocationId = '', publicIp = '' } = pod.published ?? {};
  return { allocationId, destination: `${publicIp}/32` as Cidr };
}

export const cloudDrifts: readonly Drift[] = [
  {
    what: 'a route is deleted',
    act: ({ region, random }, pod) =>
      region.ec2.deleteRoute({
        routeTableId: random.pick(region.routeTableIds),
        destinationCidrBlock: held(pod).destination,
      }),
  },
  {
    what: 'a route is led elsewhere',
    act: ({ region, random }, pod) =>
      region.ec2.replaceRoute({
        routeTableId: random.pick(region.routeTableIds),
        destinationCidrBlock: held(pod).destination,
        networkInterfaceId: region.thief.networkInterfaceId,
      }),
  },
  {
    what: 'the owner tag is deleted',
    act: ({ region }, pod) =>
      region.ec2.deleteTags({
        resources: [held(pod).allocationId],
        tags: [{ key: ownerTagKey }],
      }),
  },
  {
    what: 'the address is disassociated',
    act: (world, pod, truth) => {
      const { region } = world;
      world.hadTheft = true;
      const { associationId = '' } = truth.association(held(pod).allocationId) ?? {};
      return region.ec2.disassociateAddress({ associationId });
    },
  },
  {
    what: 'the private IP is unassigned',
    act: async (world, { host, privateIp }) => {
      const { region } = world;
      world.hadTheft = true;
      // what others registered, and we again, would be ours
      if (host.prepared.includes(privateIp)) return;
      const { networkInterfaceId } = host;
      await region.ec2.unassignPrivateIpAddresses({
        networkInterfaceId,
        privateIpAddresses: [privateIp],
      });
    },
  },
  {
    what: 'the source/destination check is switched on',
    act: ({ region }, pod) =>
      region.ec2.setSourceDestCheck({
        networkInterfaceId: pod.host.networkInterfaceId,
        sourceDestCheck: true,
      }),
  },
];

/** In managed mode alone: as `kubectl delete` of its claim. */
export const claimDrift: Drift = {
  what: 'its claim is deleted',
  act: ({ managed }, pod) => managed?.deleteByHand(pod),
};

/** Somebody takes the address; when the trouble ends the pool has it back. */
export const theft: Drift = {
  what: 'the address is stolen',
  act: (world, pod) => {
    world.hadTheft = true;
    const { ec2, thief } = world.region;
    const { allocationId } = held(pod);
    return ec2.associateAddress({ allocationId, ...thief, allowReassociation: true });
  },
};

export const kernelDrifts: readonly Drift[] = [
  {
    what: 'net1 flaps',
    act: (world, pod) => {
      const { scheduler, random } = world;
      pod.kernel.setLinkUp('net1', false);
      scheduler.after(500, () => void requireClosed(world, pod));
      scheduler.after(random.between(1000, 8000), () => {
        if (pod.hasNamespace) pod.kernel.setLinkUp('net1', true);
      });
    },
  },
  {
    what: 'the public address is taken off net1',
    act: (_world, { kernel, published }) =>
      kernel.removeAddress('net1', `${published?.publicIp ?? ''}/32`),
  },
  {
    what: 'the private address is taken off net1 for a while',
    act: ({ scheduler, random }, pod) => {
      const cidr = `${pod.privateIp}/24`;
      pod.kernel.removeAddress('net1', cidr);
      scheduler.after(random.between(1, 8000), () => {
        if (pod.hasNamespace) pod.kernel.addAddress('net1', cidr);
      });
    },
  },
  {
    what: 'our rules are deleted',
    act: (_world, pod) => {
      const { kernel } = pod;
      pod.isOpened = true;
      for (const rule of kernel.snapshot().rules) {
        if (rule.protocol === 227) kernel.removeRule(rule);
      }
    },
  },
  {
    what: "our table's routes are deleted",
    act: (_world, pod) => {
      const { kernel } = pod;
      pod.isOpened = true;
      for (const route of kernel.snapshot().routes) {
        if (route.table === table) kernel.removeRoute(route);
      }
    },
  },
  {
    what: "net1's settings are changed",
    act: (_world, { kernel }) =>
      kernel.setLink('net1', { settings: { rpFilter: 1, arpAnnounce: 0, arpIgnore: 0 } }),
  },
];

/** What can happen to the pods of a world. */
export function driftsOf({ managed, region }: World): {
  readonly ofCloud: readonly Drift[];
  readonly ofKernel: readonly Drift[];
} {
  const ofClaims = managed === undefined ? [] : [claimDrift];
  if (!region.hasIpv6) return { ofCloud: [...cloudDrifts, ...ofClaims], ofKernel: kernelDrifts };
  return {
    ofCloud: [...cloudDrifts, ...ofClaims, ...ipv6CloudDrifts],
    ofKernel: [...kernelDrifts, ...ipv6KernelDrifts],
  };
}

const anyPeer = '198.51.100.77' as Ipv4Address;
const anyIpv6Peer = '2001:db8:ffff::77' as Ipv6Address;

/** While net1 is down nothing leaves from its addresses by another link; an earlier flap may have brought it up meanwhile. */
async function requireClosed(world: World, pod: Pod): Promise<void> {
  if (pod.isOpened || !pod.hasNamespace) return;
  const { address } = pod.published?.publicIpv6 ?? {};
  const lookups = [
    { from: pod.privateIp, to: anyPeer },
    ...(address === undefined ? [] : [{ from: address, to: anyIpv6Peer }]),
  ];
  for (const lookup of lookups) {
    const decision = await pod.kernel.lookupRoute(lookup);
    if (decision.kind === 'unreachable' || decision.linkName === 'net1') continue;
    world.violate(`${pod.name} (${pod.uid}) sends from ${lookup.from} by ${decision.linkName}`);
  }
}

/** Lets something happen to a pod that holds an address; what is not possible does not happen. */
export async function drift(world: World, pod: Pod, what: Drift, truth: Truth): Promise<void> {
  if (pod.published === undefined || !pod.hasNamespace) return;
  world.note(pod.name, `!!! ${what.what}`, pod.published.publicIp);
  world.actor = undefined;
  try {
    await what.act(world, pod, truth);
  } catch (error) {
    world.note(pod.name, 'it was not possible', error);
  }
}

/** What a thief has goes back to the pool. */
export async function catchThief(world: World): Promise<void> {
  world.actor = undefined;
  const { ec2, thief } = world.region;
  for (const { associationId, networkInterfaceId } of ec2.snapshot().addresses) {
    if (networkInterfaceId !== thief.networkInterfaceId || associationId === undefined) continue;
    await ec2.disassociateAddress({ associationId });
  }
  for (const { networkInterfaceId, ipv6Addresses = [] } of ec2.snapshot().networkInterfaces) {
    if (networkInterfaceId !== thief.networkInterfaceId || ipv6Addresses.length === 0) continue;
    await ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses });
  }
}
