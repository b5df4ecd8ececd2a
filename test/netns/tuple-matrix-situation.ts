import { boxAddresses, type VpcBox } from '@truetuple/lab';
import { openNftables } from '@truetuple/netlink/nftables';
import { converge } from '../../packages/core/src/converge.ts';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { Cidr, Ipv4Address } from '../../packages/core/src/identity/address.ts';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { planKernel } from '../../packages/core/src/kernel/plan-kernel.ts';
import { truetupleProtocol, type KernelStep } from '../../packages/core/src/kernel/kernel-step.ts';
import type { WantedLink } from '../../packages/core/src/kernel/wanted-link.ts';

/** The Elastic IP of the matrix and the private address it belongs to. */
export const publicIp = boxAddresses.poolFirst as Ipv4Address;
export const privateIp = boxAddresses.podNet1 as Ipv4Address;
const table = 200;

/** What holds in the VPC and in the pod when a row begins. */
export interface Situation {
  /** The Elastic IP is associated with the private address. */
  readonly associated: boolean;
  /** The private address is on the ENI. */
  readonly assigned: boolean;
  /** The clients' route table has a /32 to the ENI. */
  readonly routed: boolean;
  readonly sourceDestCheck: boolean;
  /** `bare`: as the CNI left it. `ruled`: rules and table. `complete`: also the public /32 on net1. */
  readonly pod: 'bare' | 'ruled' | 'complete';
  /** `both` when not given. */
  readonly delivery?: DeliveryPlan;
  /** Loose when not given. */
  readonly rpFilter?: 'strict' | 'loose';
}

/** All in place: what an identity that is held looks like. */
export const complete: Situation = {
  associated: true,
  assigned: true,
  routed: true,
  sourceDestCheck: false,
  pod: 'complete',
};

/** Brings a box from whatever an earlier row left into a situation. */
export async function establish(box: VpcBox, wanted: Situation): Promise<void> {
  const plane = box.dataPlane;
  const eni = 'eni-node-b';
  await Promise.all([
    wanted.assigned
      ? plane.assignPrivateIp(eni, privateIp)
      : plane.unassignPrivateIp(eni, privateIp),
    wanted.associated
      ? plane.associateAddress(publicIp, privateIp)
      : plane.disassociateAddress(publicIp),
    wanted.routed
      ? plane.setRoute('private', `${publicIp}/32`, eni)
      : plane.deleteRoute('private', `${publicIp}/32`),
    plane.setSourceDestCheck(eni, wanted.sourceDestCheck),
    establishPod(box, wanted),
  ]);
  await forgetNeighbours(box);
}

async function establishPod(box: VpcBox, { pod, rpFilter, delivery }: Situation): Promise<void> {
  await clearPod(box);
  if (pod !== 'bare') {
    const address = pod === 'complete' ? { publicIp } : {};
    await convergePod(box, { privateIp, ...address, ...delivery });
  }
  const strict = rpFilter === 'strict' ? 1 : 2;
  await box.netlinks.pod.links.set({ name: 'net1' }, { ipv4: { rpFilter: strict } });
}

/** The product's own plan and its own kernel adapter. */
async function convergePod(box: VpcBox, identity: WantedLink['identities'][number]): Promise<void> {
  const wanted: WantedLink = {
    table,
    gateway: '10.0.2.1' as Ipv4Address,
    subnetCidr: boxAddresses.subnetCidr.public as Cidr,
    vpcCidrs: [boxAddresses.vpcCidr as Cidr],
    identities: [identity],
    releasing: [],
  };
  const kernel = await linuxKernel({ netns: box.namespaces.pod });
  try {
    await converge<readonly KernelStep[], KernelStep>({
      what: 'the pod of the matrix',
      observe: async () => {
        const state = await kernel.observe('net1', table);
        if (state === undefined) throw new Error('the pod has no net1');
        return planKernel(state, wanted);
      },
      plan: (steps) => steps,
      apply: async (step) => {
        await kernel.apply(step);
        return 'done';
      },
      maxRounds: 2,
    });
  } finally {
    kernel.close();
  }
}

/** Takes away what the product leaves on purpose too: rules and the fail-closed route. */
async function clearPod(box: VpcBox): Promise<void> {
  const netlink = box.netlinks.pod;
  for (const rule of await netlink.rules.list({ family: 'ipv4' })) {
    if (rule.protocol === truetupleProtocol) await netlink.rules.remove(rule);
  }
  for (const route of await netlink.routes.list({ table, family: 'ipv4' })) {
    await netlink.routes.remove(route);
  }
  for (const { linkIndex, address } of await netlink.addresses.list({ family: 'ipv4' })) {
    if (address === `${publicIp}/32`) await netlink.addresses.remove({ linkIndex, address });
  }
  await netlink.links.set({ name: 'net1' }, { ipv4: { arpAnnounce: 0, arpIgnore: 0 } });
  using nft = await openNftables({ netns: box.namespaces.pod });
  for (const { table: name } of await nft.tables.list({ family: 'ip' })) {
    await nft.transaction((t) => t.deleteTable({ family: 'ip', table: name }));
  }
}

/** The subnets whose route table has the /32 in a situation that is `routed`. */
export const routedCidrs = [boxAddresses.subnetCidr.private as Cidr];

/** So that no row is carried by what the router learnt in an earlier one. */
export async function forgetNeighbours(box: VpcBox): Promise<void> {
  const netlink = box.netlinks.vpc;
  const port = await netlink.links.get({ name: 'eni-node-b' });
  if (port === undefined) throw new Error('the VPC router has no port eni-node-b');
  for (const neighbour of await netlink.neighbours.list({ linkIndex: port.index })) {
    if (neighbour.family === 'ipv4') await netlink.neighbours.remove(neighbour);
  }
}
