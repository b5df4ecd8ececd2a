import { cidrContains, isIpv4Address, parseIpv4Address, type Ipv4Address } from './address.ts';
import type { PublicIdentity } from './public-identity.ts';

type Bound = Pick<PublicIdentity, 'bind' | 'vpcCidrs' | 'subnetCidr'>;

/**
 * Which local address a socket must be bound to for a peer. Towards the VPC the public one: the peer is
 * answered from the address that it called. Towards the Internet the private one: its gateway translates
 * only that source. Towards the link's own subnet the private one too, since that subnet's route table
 * holds no /32 of ours: such a peer, like one behind peering, a transit gateway or a VPN, must also be told
 * the private address, not the public one.
 */
export function bindAddressFor(identity: Bound, peer: string): Ipv4Address {
  const address = isIpv4Address(peer) ? peer : parseIpv4Address(peer, 'peer');
  const isRoutedHere = identity.vpcCidrs.some((cidr) => cidrContains(cidr, address));
  const isNeighbour = cidrContains(identity.subnetCidr, address);
  return isRoutedHere && !isNeighbour ? identity.bind.vpc : identity.bind.internet;
}
