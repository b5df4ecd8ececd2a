import {
  createNetworkNamespace,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { Cidr, Ipv4Address } from '../../packages/core/src/identity/address.ts';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import type { KernelPort } from '../../packages/core/src/kernel/kernel-port.ts';
import { planKernel } from '../../packages/core/src/kernel/plan-kernel.ts';
import type { WantedLink } from '../../packages/core/src/kernel/wanted-link.ts';

export const privateIp = '10.0.2.128' as Ipv4Address;
export const publicIp = '203.0.113.50' as Ipv4Address;
/** A host of a VPC subnet whose route table has our /32. */
export const vpcPeer = '10.0.1.100';
export const internetPeer = '198.51.100.50';
/** What the link from the router towards the peers carries. */
export const pathMtu = 1400;
const jumbo = 9001;
const table = 200;

/** A pod whose net1 carries jumbo packets, a router, and behind it, by a link of 1400 bytes, the peers. */
export interface PathWorld extends Disposable {
  readonly pod: NetworkNamespace;
  readonly router: NetworkNamespace;
  readonly peer: NetworkNamespace;
  readonly kernel: KernelPort;
}

export async function pathWorld(plan: DeliveryPlan): Promise<PathWorld> {
  const [pod, router, peer] = [0, 1, 2].map(() => createNetworkNamespace()) as [
    NetworkNamespace,
    NetworkNamespace,
    NetworkNamespace,
  ];
  const [podLinks, routerLinks, peerLinks] = [
    await openNetlink({ netns: pod }),
    await openNetlink({ netns: router }),
    await openNetlink({ netns: peer }),
  ];
  const kernel = await linuxKernel({ netns: pod });
  for (const { links } of [podLinks, routerLinks, peerLinks]) {
    await links.set({ name: 'lo' }, { up: true });
  }
  await join(podLinks, { name: 'net1', mtu: jumbo }, { name: 'r0', mtu: jumbo, netns: router });
  await join(peerLinks, { name: 'p0', mtu: jumbo }, { name: 'r1', mtu: pathMtu, netns: router });
  await address(podLinks, 'net1', `${privateIp}/24`);
  await address(routerLinks, 'r0', '10.0.2.1/24');
  await address(routerLinks, 'r1', '10.0.1.1/24');
  await address(peerLinks, 'p0', `${vpcPeer}/24`);
  await address(peerLinks, 'lo', `${internetPeer}/32`);
  await routerLinks.links.set({ name: 'r0' }, { ipv4: { forwarding: true } });
  await routerLinks.links.set({ name: 'r1' }, { ipv4: { forwarding: true } });
  await routerLinks.routes.add({ destination: `${publicIp}/32`, gateway: privateIp });
  await routerLinks.routes.add({ destination: `${internetPeer}/32`, gateway: vpcPeer });
  await peerLinks.routes.add({ destination: '0.0.0.0/0', gateway: '10.0.1.1' });
  await settle(kernel, plan);
  return {
    pod,
    router,
    peer,
    kernel,
    [Symbol.dispose]: () => {
      kernel.close();
      for (const open of [podLinks, routerLinks, peerLinks, pod, router, peer]) open.close();
    },
  };
}

/** The product's own plan, carried out. */
async function settle(kernel: KernelPort, plan: DeliveryPlan): Promise<void> {
  const wanted: WantedLink = {
    table,
    gateway: '10.0.2.1' as Ipv4Address,
    subnetCidr: '10.0.2.0/24' as Cidr,
    vpcCidrs: ['10.0.0.0/16' as Cidr],
    identities: [{ privateIp, publicIp, ...plan }],
    releasing: [],
  };
  const state = await kernel.observe('net1', table);
  if (state === undefined) throw new Error('the pod has no net1');
  for (const step of planKernel(state, wanted)) await kernel.apply(step);
}

async function join(
  netlink: Netlink,
  near: { readonly name: string; readonly mtu: number },
  far: { readonly name: string; readonly mtu: number; readonly netns: NetworkNamespace },
): Promise<void> {
  await netlink.links.add({
    kind: 'veth',
    name: near.name,
    mtu: near.mtu,
    up: true,
    peer: { name: far.name, mtu: far.mtu, netns: far.netns, up: true },
  });
}

async function address(netlink: Netlink, name: string, cidr: string): Promise<void> {
  const link = await netlink.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  await netlink.addresses.add({ linkIndex: link.index, address: cidr });
}
