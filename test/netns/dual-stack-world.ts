import type { IdentitySpecInput } from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { openNetlink } from '@truetuple/netlink';
import type { LeakWorld } from './fail-closed-world.ts';

/** Who answers by IPv6 outside of the VPC, and in it. */
export const ipv6Peers = { internet: '2001:db8:ffff::50', vpc: '2001:db8:0:203::100' } as const;
const eth0Address = '2001:db8:0:201::51';
const nodad = { noDuplicateDetection: true };

/** Gives the VPC and the Internet their IPv6 side, and the pod an eth0 that everything could leak by; `more` are further addresses of the Internet. */
export async function addIpv6(
  { podLinks, vpcLinks, node, eth0PeerIndex }: LeakWorld,
  more: readonly string[] = [],
): Promise<void> {
  const router = await indexOf(vpcLinks, 'eni1');
  const lo = await indexOf(vpcLinks, 'lo');
  await vpcLinks.addresses.add({ linkIndex: router, address: 'fe80::1/64', ...nodad });
  for (const peer of [...Object.values(ipv6Peers), ...more]) {
    await vpcLinks.addresses.add({ linkIndex: lo, address: `${peer}/128`, ...nodad });
  }
  await vpcLinks.routes.add({ destination: '2001:db8:0:202::/64', linkIndex: router });
  const eth0 = await indexOf(podLinks, 'eth0');
  await podLinks.addresses.add({ linkIndex: eth0, address: `${eth0Address}/128`, ...nodad });
  using nodeLinks = await openNetlink({ netns: node });
  const macAddress = (await nodeLinks.links.get({ index: eth0PeerIndex }))?.macAddress;
  if (macAddress === undefined) throw new Error("the node's end of eth0 has no MAC address");
  await podLinks.neighbours.replace({ linkIndex: eth0, address: 'fe80::2', macAddress });
  await podLinks.routes.add({ destination: '::/0', gateway: 'fe80::2', linkIndex: eth0 });
}

/** The account of that world: one network interface, and as many Elastic IPs of the pool. */
export function dualStackEc2(macAddress: string | undefined, elasticIps = 1): SimulatedEc2 {
  if (macAddress === undefined) throw new Error('the network interface has no MAC address');
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  ec2.createInternetGateway({ vpcId });
  const ipv6Cidr = '2001:db8:0:202::/64';
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
  ec2.createNetworkInterface({ subnetId, ...ec2.createInstance(), macAddress });
  for (let index = 0; index < elasticIps; index++) {
    ec2.allocateAddress({
      publicIp: `203.0.113.${50 + index}`,
      tags: { 'truetuple/pool': 'media' },
    });
  }
  return ec2;
}

/** A dual-stack identity of the pod gw-`index` in that account. */
export function dualStackSpec(publicIpv6: string, index = 0): IdentitySpecInput {
  return {
    owner: { cluster: 'c', namespace: 'sip', pod: `gw-${index}`, uid: `u${index}` },
    pool: 'media',
    region: 'eu-central-1',
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds: [] },
    addressFamilies: ['ipv4', 'ipv6'],
    publicIpv6,
    gatewayIpv6: 'fe80::1',
    vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
  };
}

async function indexOf(links: LeakWorld['podLinks'], name: string): Promise<number> {
  const link = await links.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link.index;
}
