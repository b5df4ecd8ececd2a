import { cidrContains, isIpv4Address, parseIpv4Address, type Ipv4Address } from './address.ts';
import type { PublicIdentity } from './public-identity.ts';

type Bound = Pick<PublicIdentity, 'bind' | 'vpcCidrs'>;

/**
 * Which local address a socket must be bound to, so that this peer sees the advertised address: the
 * private one towards the Internet (its gateway translates only that source), the public one towards the
 * VPC. True for peers in subnets whose route table holds our /32; a peer behind peering, a transit gateway
 * or a VPN is neither, and must be called from a private address that it is also told.
 */
export function bindAddressFor(identity: Bound, peer: string): Ipv4Address {
  const address = isIpv4Address(peer) ? peer : parseIpv4Address(peer, 'peer');
  const inVpc = identity.vpcCidrs.some((cidr) => cidrContains(cidr, address));
  return inVpc ? identity.bind.vpc : identity.bind.internet;
}
