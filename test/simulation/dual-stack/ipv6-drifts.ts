import type { Ipv6Address } from '@truetuple/core';
import type { Drift } from '../drift.ts';
import type { Pod, World } from '../world.ts';
import { recordPrefix } from './ipv6-setting.ts';

/** The address that a pod advertises; where it has none, nothing happens. */
function addressOf({ published }: Pod): Ipv6Address {
  const address = published?.publicIpv6?.address;
  if (address === undefined) throw new Error('it advertises no IPv6 address');
  return address;
}

const clearEveryMs = 10_000;

/** Hands take an address off that no record names any more, unless its pod puts the record back: nobody else can know. */
export function clearUnrecorded(world: World, networkInterfaceId: string, address: string): void {
  world.scheduler.after(clearEveryMs, () => {
    const { region, standing, truth } = world;
    const isRecorded = truth?.ipv6.recordOn(networkInterfaceId, address) !== undefined;
    const isThere = truth?.ipv6.at(address)?.networkInterfaceId === networkInterfaceId;
    if (isRecorded || !isThere) return;
    if (standing.some(({ published }) => published?.publicIpv6?.address === address)) {
      clearUnrecorded(world, networkInterfaceId, address);
      return;
    }
    world.actor = undefined;
    void region.ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
  });
}

/** What hands, or other programs, do to the IPv6 side of what a pod holds. */
export const ipv6CloudDrifts: readonly Drift[] = [
  {
    what: 'the IPv6 address is unassigned',
    act: ({ region }, pod) =>
      region.ec2.unassignIpv6Addresses({
        networkInterfaceId: pod.host.networkInterfaceId,
        ipv6Addresses: [addressOf(pod)],
      }),
  },
  {
    what: 'the record of the IPv6 address is deleted',
    act: async (world, pod) => {
      const { networkInterfaceId } = pod.host;
      const address = addressOf(pod);
      await world.region.ec2.deleteTags({
        resources: [networkInterfaceId],
        tags: [{ key: `${recordPrefix}${address}` }],
      });
      clearUnrecorded(world, networkInterfaceId, address);
    },
  },
  {
    what: 'the IPv6 address is stolen',
    act: async (world, pod) => {
      const { ec2, thief } = world.region;
      const ipv6Addresses = [addressOf(pod)];
      const { networkInterfaceId } = pod.host;
      world.hadTheft = true;
      await ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses });
      const { networkInterfaceId: thiefs } = thief;
      await ec2.assignIpv6Addresses({ networkInterfaceId: thiefs, ipv6Addresses });
    },
  },
];

export const ipv6KernelDrifts: readonly Drift[] = [
  {
    what: 'the IPv6 address is taken off net1',
    act: async (_world, pod) => {
      const address = addressOf(pod);
      const net1 = await pod.kernel.observe('net1', 0);
      const held = net1?.ipv6?.addresses.find((one) => one.address === address);
      if (net1 === undefined || held === undefined) return;
      const { prefixLength } = held;
      await pod.kernel.apply({
        kind: 'remove-ipv6-address',
        linkIndex: net1.linkIndex,
        linkName: 'net1',
        address,
        prefixLength,
      });
    },
  },
  {
    what: 'our IPv6 rules are deleted',
    act: async (_world, pod) => {
      pod.isOpened = true;
      for (const { priority, from, table, protocol } of pod.kernel.snapshot().ipv6Rules) {
        if (protocol !== 227 || from === undefined) continue;
        await pod.kernel.apply({ kind: 'remove-ipv6-rule', priority, from, table });
      }
    },
  },
  {
    what: "our table's IPv6 routes are deleted",
    act: async (_world, pod) => {
      pod.isOpened = true;
      for (const route of pod.kernel.snapshot().ipv6Routes) {
        const { table, destination, linkIndex = 0, metric } = route;
        if (table !== 200) continue;
        await pod.kernel.apply({
          kind: 'remove-ipv6-route',
          table,
          destination,
          linkIndex,
          linkName: 'net1',
          metric,
        });
      }
    },
  },
  {
    what: "net1's IPv6 settings are changed",
    act: (_world, { kernel }) => {
      const ipv6 = kernel.snapshot().links.find(({ name }) => name === 'net1')?.ipv6;
      if (ipv6 === undefined) return;
      kernel.setLink('net1', {
        ipv6: { ...ipv6, settings: { disabled: false, keepAddrOnDown: false } },
      });
    },
  },
];
