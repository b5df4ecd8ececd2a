import {
  createNetworkNamespace,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { Cidr, Ipv4Address } from '../../packages/core/src/identity/address.ts';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { convergeLink } from '../../packages/core/src/kernel/converge-link.ts';
import type { KernelPort } from '../../packages/core/src/kernel/kernel-port.ts';
import { reportSteps } from '../../packages/core/src/report-step.ts';
import { FakeClock } from '@truetuple/core/testing';

/** An identity of the pod, on one of its links. */
export interface PodIdentity {
  readonly linkName: 'net1' | 'net2';
  readonly table: number;
  readonly privateIp: Ipv4Address;
  readonly publicIp: Ipv4Address;
  readonly subnetCidr: Cidr;
  readonly gateway: Ipv4Address;
}

const links = {
  net1: { subnetCidr: '10.0.2.0/24', gateway: '10.0.2.1', table: 200 },
  net2: { subnetCidr: '10.0.4.0/24', gateway: '10.0.4.1', table: 201 },
} as const;

function identity(linkName: 'net1' | 'net2', privateIp: string, publicIp: string): PodIdentity {
  const { subnetCidr, gateway, table } = links[linkName];
  return {
    linkName,
    table,
    privateIp: privateIp as Ipv4Address,
    publicIp: publicIp as Ipv4Address,
    subnetCidr: subnetCidr as Cidr,
    gateway: gateway as Ipv4Address,
  };
}

/** Two on net1, one on net2. */
export const identities = {
  first: identity('net1', '10.0.2.128', '203.0.113.50'),
  second: identity('net1', '10.0.2.129', '203.0.113.51'),
  other: identity('net2', '10.0.4.128', '203.0.113.52'),
} as const;

/** A host of a VPC subnet whose route table has a /32 for each public address. */
export const vpcPeer = '10.0.1.100';
export const routedCidrs = ['10.0.1.0/24' as Cidr];

/** A pod with net1 and net2, each towards a router of its own; the peer is behind both. */
export interface TwoLinkWorld extends Disposable {
  readonly pod: NetworkNamespace;
  readonly vpc: NetworkNamespace;
  readonly kernel: KernelPort;
  readonly podLinks: Netlink;
  /** As a process would that knows of this identity alone; gives how many steps it took. */
  readonly hold: (one: PodIdentity, plan: DeliveryPlan) => Promise<number>;
  readonly release: (one: PodIdentity) => Promise<number>;
}

export async function twoLinkWorld(): Promise<TwoLinkWorld> {
  const [pod, vpc] = [createNetworkNamespace(), createNetworkNamespace()];
  const [podLinks, vpcLinks] = [
    await openNetlink({ netns: pod }),
    await openNetlink({ netns: vpc }),
  ];
  const kernel = await linuxKernel({ netns: pod });
  for (const netlink of [podLinks, vpcLinks]) {
    await netlink.links.set({ name: 'lo' }, { up: true });
  }
  for (const name of ['net1', 'net2'] as const) {
    const peer = { name: `to-${name}`, netns: vpc, up: true };
    await podLinks.links.add({ kind: 'veth', name, up: true, peer });
    await address(vpcLinks, peer.name, `${links[name].gateway}/24`);
  }
  await address(vpcLinks, 'lo', `${vpcPeer}/32`);
  for (const { linkName, privateIp, publicIp } of Object.values(identities)) {
    await address(podLinks, linkName, `${privateIp}/24`);
    await vpcLinks.routes.add({ destination: `${publicIp}/32`, gateway: privateIp });
  }
  const report = await reportSteps(new FakeClock(), undefined);
  const converge = (one: PodIdentity, plan?: DeliveryPlan): Promise<number> =>
    convergeLink({
      kernel,
      report,
      linkName: one.linkName,
      wanted: {
        table: one.table,
        gateway: one.gateway,
        subnetCidr: one.subnetCidr,
        vpcCidrs: ['10.0.0.0/16' as Cidr],
        identities: plan === undefined ? [] : [{ ...one, ...plan }],
        releasing: plan === undefined ? [one] : [],
      },
    });
  return {
    pod,
    vpc,
    kernel,
    podLinks,
    hold: (one, plan) => converge(one, plan),
    release: (one) => converge(one),
    [Symbol.dispose]: () => {
      kernel.close();
      for (const open of [podLinks, vpcLinks, pod, vpc]) open.close();
    },
  };
}

async function address(netlink: Netlink, name: string, cidr: string): Promise<void> {
  const link = await netlink.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  await netlink.addresses.add({ linkIndex: link.index, address: cidr });
}
