import {
  createNetworkNamespace,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { KernelPort } from '../../packages/core/src/kernel/kernel-port.ts';

/** What net1 is: an own end of a wire, or a slave of the node's eth1 as Multus makes it. */
export type Net1Kind = 'veth' | 'macvlan';

/**
 * A pod with eth0 (default route, towards the node) and net1 (towards the VPC, which also answers for
 * the Internet). Ends with this process at the latest.
 */
export interface LeakWorld extends Disposable {
  readonly pod: NetworkNamespace;
  readonly node: NetworkNamespace;
  readonly vpc: NetworkNamespace;
  readonly podLinks: Netlink;
  readonly vpcLinks: Netlink;
  readonly kernel: KernelPort;
  /** Makes net1 again, with its private addresses, as a network plugin would. */
  readonly makeNet1: () => Promise<void>;
  /** The node's end of eth0: whatever the pod sends by eth0 arrives there. */
  readonly eth0PeerIndex: number;
}

export const internetPeer = '198.51.100.50';
export const vpcPeer = '10.0.1.100';
export const privateIps = ['10.0.2.128', '10.0.2.129'] as const;
export const publicIps = ['203.0.113.50', '203.0.113.51'] as const;
const gateway = '10.0.2.1';
const nodeGateway = '169.254.1.1';

export async function leakWorld(net1: Net1Kind): Promise<LeakWorld> {
  const [pod, node, vpc] = [0, 1, 2].map(() => createNetworkNamespace()) as [
    NetworkNamespace,
    NetworkNamespace,
    NetworkNamespace,
  ];
  const podLinks = await openNetlink({ netns: pod });
  const nodeLinks = await openNetlink({ netns: node });
  const vpcLinks = await openNetlink({ netns: vpc });
  await podLinks.links.set({ name: 'lo' }, { up: true });
  const eth0PeerIndex = await addEth0(podLinks, nodeLinks, node);
  const makeNet1 = (): Promise<void> => addNet1(net1, { podLinks, nodeLinks, vpcLinks, pod, vpc });
  await vpcLinks.links.set({ name: 'lo' }, { up: true });
  for (const ip of [internetPeer, vpcPeer]) {
    const linkIndex = await indexOf(vpcLinks, 'lo');
    await vpcLinks.addresses.add({ linkIndex, address: `${ip}/32` });
  }
  await makeNet1();
  const kernel = await linuxKernel({ netns: pod });
  return {
    pod,
    node,
    vpc,
    podLinks,
    vpcLinks,
    kernel,
    makeNet1,
    eth0PeerIndex,
    [Symbol.dispose]: () => {
      kernel.close();
      for (const open of [podLinks, nodeLinks, vpcLinks, pod, node, vpc]) open.close();
    },
  };
}

/** As VPC CNI leaves it: a /32, a link-local gateway that is on the link, its MAC address fixed. */
async function addEth0(
  podLinks: Netlink,
  nodeLinks: Netlink,
  node: NetworkNamespace,
): Promise<number> {
  const peer = { name: 'pod0', netns: node, up: true };
  await podLinks.links.add({ kind: 'veth', name: 'eth0', up: true, peer });
  const linkIndex = await indexOf(podLinks, 'eth0');
  const nodeEnd = await nodeLinks.links.get({ name: 'pod0' });
  if (nodeEnd?.macAddress === undefined) throw new Error('pod0 has no MAC address');
  const { macAddress } = nodeEnd;
  await podLinks.addresses.add({ linkIndex, address: '10.0.1.50/32' });
  await podLinks.neighbours.replace({ linkIndex, address: nodeGateway, macAddress });
  await podLinks.routes.add({ destination: `${nodeGateway}/32`, linkIndex });
  await podLinks.routes.add({ destination: '0.0.0.0/0', gateway: nodeGateway, linkIndex });
  return nodeEnd.index;
}

interface Net1Place {
  readonly podLinks: Netlink;
  readonly nodeLinks: Netlink;
  readonly vpcLinks: Netlink;
  readonly pod: NetworkNamespace;
  readonly vpc: NetworkNamespace;
}

async function addNet1(kind: Net1Kind, place: Net1Place): Promise<void> {
  const { podLinks, nodeLinks, vpcLinks, pod, vpc } = place;
  const peer = { name: 'eni1', netns: vpc, up: true };
  if (kind === 'veth') {
    await podLinks.links.add({ kind: 'veth', name: 'net1', up: true, peer });
    await addRouter(vpcLinks);
  } else {
    if ((await nodeLinks.links.get({ name: 'eth1' })) === undefined) {
      await nodeLinks.links.add({ kind: 'veth', name: 'eth1', up: true, peer });
      await addRouter(vpcLinks);
    }
    const parentIndex = await indexOf(nodeLinks, 'eth1');
    await nodeLinks.links.add({
      kind: 'macvlan',
      name: 'net1',
      netns: pod,
      parentIndex,
      mode: 'bridge',
    });
    await podLinks.links.set({ name: 'net1' }, { up: true });
  }
  const linkIndex = await indexOf(podLinks, 'net1');
  for (const ip of privateIps) await podLinks.addresses.add({ linkIndex, address: `${ip}/24` });
}

/** The router of net1's subnet; lo beside it answers for a VPC peer and for the Internet. */
async function addRouter(vpcLinks: Netlink): Promise<void> {
  const linkIndex = await indexOf(vpcLinks, 'eni1');
  await vpcLinks.addresses.add({ linkIndex, address: `${gateway}/24` });
  for (const ip of publicIps) {
    await vpcLinks.routes.add({ destination: `${ip}/32`, linkIndex, scope: 'link' });
  }
}

async function indexOf(netlink: Netlink, name: string): Promise<number> {
  const link = await netlink.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link.index;
}
