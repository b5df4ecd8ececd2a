import {
  createNetworkNamespace,
  NetlinkError,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { openNftables, type TableRef } from '@truetuple/netlink/nftables';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { Ipv4Address } from '../../packages/core/src/identity/address.ts';
import { deliveryTableName } from '../../packages/core/src/kernel/delivery-table.ts';
import type {
  AllLinksSetting,
  KernelWorld,
} from '../../packages/core/src/testing/kernel-port/kernel-port-contract.ts';

export interface RealPod extends Disposable {
  readonly netns: NetworkNamespace;
  readonly netlink: Netlink;
  readonly world: KernelWorld;
}

/** What the kernel said where there was nothing to remove. */
function refusal(code: string, errno: number): NetlinkError {
  return new NetlinkError(`removing what is absent: ${code}`, { code, errno });
}

/** Makes the pod that KernelPort's contract describes, in a namespace that ends with this process. */
export async function realPod(): Promise<RealPod> {
  const netns = createNetworkNamespace();
  const outside = createNetworkNamespace();
  silenceIpv6(netns);
  // a new namespace inherits what the machine's own has
  for (const name of ['rp_filter', 'arp_announce', 'arp_ignore'] as const)
    setAllLinks(netns, name, 0);
  const netlink = await openNetlink({ netns });
  await addLinks(netlink, outside);
  const kernel = await linuxKernel({ netns });
  const nft = await openNftables({ netns });
  const world: KernelWorld = {
    kernel,
    setLinkUp: (name, up) => netlink.links.set({ name }, { up }),
    renameLink: (name, newName) => netlink.links.set({ name }, { name: newName }),
    removeLink: async (name) => {
      if ((await netlink.links.remove({ name })) === 'absent') throw refusal('ENODEV', 19);
    },
    setAllLinks: async (name, value) => setAllLinks(netns, name, value),
    addAddress: async (name, address, scope) => {
      const linkIndex = await indexOf(netlink, name);
      await netlink.addresses.add({ family: 'ipv4', linkIndex, address, scope });
    },
    removeAddress: async (name, address) => {
      const removed = await netlink.addresses.remove({
        linkIndex: await indexOf(netlink, name),
        address,
      });
      if (removed === 'absent') throw refusal('EADDRNOTAVAIL', 99);
    },
    addRoute: async ({ type, ...route }) => {
      if (type === 'other') throw new Error('the contract adds no route of another type');
      await netlink.routes.replace({ family: 'ipv4', type, ...route });
    },
    removeRoute: async ({ type, ...route }) => {
      if (type === 'other') throw new Error('the contract removes no route of another type');
      await netlink.routes.remove({ family: 'ipv4', type, ...route });
    },
    addRule: async ({ priority, from, table, protocol }) => {
      const selector = from === undefined ? {} : { from };
      await netlink.rules.add({ family: 'ipv4', priority, table, protocol, ...selector });
    },
    removeDeliveryTable: (publicIp) => nft.transaction((t) => t.deleteTable(tableOf(publicIp))),
    spoilDeliveryTable: async (publicIp) => {
      const last = (await nft.rules.list(tableOf(publicIp))).at(-1);
      if (last === undefined) throw new Error(`the table of ${publicIp} has no rule to take away`);
      await nft.transaction((t) => t.deleteRule(last));
    },
    setNeighbour: async (linkName, address, entry) => {
      const linkIndex = await indexOf(netlink, linkName);
      if (entry === undefined) {
        await netlink.neighbours.remove({ linkIndex, address });
        return;
      }
      const { state, macAddress } = entry;
      const known = macAddress === undefined ? {} : { macAddress };
      await netlink.neighbours.replace({ linkIndex, address, state, ...known });
    },
  };
  return {
    netns,
    netlink,
    world,
    [Symbol.dispose]: () => {
      kernel.close();
      nft.close();
      netlink.close();
      netns.close();
      outside.close();
    },
  };
}

function setAllLinks(netns: NetworkNamespace, name: AllLinksSetting, value: number): void {
  const family = name === 'keep_addr_on_down' ? 'ipv6' : 'ipv4';
  netns.writeFile(`/proc/sys/net/${family}/conf/all/${name}`, String(value));
}

function tableOf(publicIp: Ipv4Address): TableRef {
  return { family: 'ip', table: deliveryTableName(publicIp) };
}

/** Its addresses come and change a second after a link does: a watch would be told of that instead. */
function silenceIpv6(netns: NetworkNamespace): void {
  try {
    netns.writeFile('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  } catch {
    // without IPv6 there is nothing to silence
  }
}

async function addLinks(netlink: Netlink, outside: NetworkNamespace): Promise<void> {
  await netlink.links.set({ name: 'lo' }, { up: true });
  for (const name of ['eth0', 'net1']) {
    const peer = { name, netns: outside, mtu: 9001, up: true };
    await netlink.links.add({ kind: 'veth', name, mtu: 9001, up: true, peer });
  }
  const eth0 = await indexOf(netlink, 'eth0');
  const net1 = await indexOf(netlink, 'net1');
  for (const [linkIndex, address] of [
    [eth0, '10.0.1.50/32'],
    [net1, '10.0.2.128/24'],
    [net1, '10.0.2.129/24'],
  ] as const) {
    await netlink.addresses.add({ family: 'ipv4', linkIndex, address, scope: 'global' });
  }
  // a new namespace inherits what the machine's own has
  const ipv4 = { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0, promoteSecondaries: false };
  await netlink.links.set({ index: net1 }, { ipv4 });
  const gateway = '169.254.1.1';
  await netlink.routes.add({
    family: 'ipv4',
    type: 'unicast',
    destination: `${gateway}/32`,
    linkIndex: eth0,
    scope: 'link',
    table: 254,
  });
  await netlink.routes.add({
    family: 'ipv4',
    type: 'unicast',
    destination: '0.0.0.0/0',
    gateway,
    linkIndex: eth0,
    table: 254,
  });
}

async function indexOf(netlink: Netlink, name: string): Promise<number> {
  const link = await netlink.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link.index;
}
