import {
  cidrContains,
  cidrEnds,
  ipv4FromNumber,
  ipv4ToNumber,
  parseIpv4Address,
  type Cidr,
  type Ipv4Address,
} from '../identity/address.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';

/** What verification needs to know of an identity. */
export type KernelFacts = Pick<
  PublicIdentity,
  'linkName' | 'table' | 'gateway' | 'privateIp' | 'publicIp' | 'subnetCidr' | 'vpcCidrs'
> &
  Partial<DeliveryPlan> & { readonly publicIpv6?: LinkIpv6 | undefined };

/** One question to the kernel: which way would a packet go? Asking sends nothing. */
export interface RouteProbe {
  readonly from: Ipv4Address;
  readonly to: Ipv4Address;
  readonly peer: 'an Internet peer' | 'a VPC peer';
}

/** Documentation networks of RFC 5737: nobody's, so no host route of their own is expected. */
const internetCandidates: readonly Ipv4Address[] = ['198.51.100.1', '192.0.2.1', '203.0.113.1'].map(
  (text) => parseIpv4Address(text),
);

/** Both addresses, towards the Internet, each CIDR block of the VPC and each subnet that carries our /32. */
export function chooseRouteProbes(facts: KernelFacts): RouteProbe[] {
  const { privateIp, publicIp, subnetCidr, vpcCidrs, routedCidrs = [] } = facts;
  const internet = internetCandidates.find(
    (address) => address !== publicIp && !vpcCidrs.some((cidr) => cidrContains(cidr, address)),
  );
  const targets: Pick<RouteProbe, 'to' | 'peer'>[] = [...new Set([...vpcCidrs, ...routedCidrs])]
    .map((cidr) => peerOutside(cidr, subnetCidr))
    .filter((to) => to !== undefined)
    .map((to) => ({ to, peer: 'a VPC peer' }));
  if (internet !== undefined) targets.unshift({ to: internet, peer: 'an Internet peer' });
  return targets.flatMap(({ to, peer }) => [
    { from: privateIp, to, peer },
    { from: publicIp, to, peer },
  ]);
}

/**
 * An address of the block that is no host's: the fourth of its first subnet, or of the one that follows ours. EC2 gives no
 * host the first four of a subnet (EC2 user guide, subnet sizing); the first is a broadcast to kernels before 5.14.
 */
function peerOutside(cidr: Cidr, subnet: Cidr): Ipv4Address | undefined {
  return [ipv4ToNumber(cidrEnds(cidr).first), ipv4ToNumber(cidrEnds(subnet).last) + 1]
    .map((first) => ipv4FromNumber(first + 3))
    .find((address) => cidrContains(cidr, address) && !cidrContains(subnet, address));
}
