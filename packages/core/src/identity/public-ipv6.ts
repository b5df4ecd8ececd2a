import type { Ipv6Address, Ipv6Cidr } from './ipv6-address.ts';

/** The IPv6 address of an identity as the link carries it. */
export interface LinkIpv6 {
  readonly address: Ipv6Address;
  /** On the link: 128 for one that truetuple put there, else what the network plugin gave it. */
  readonly prefixLength: number;
  /** The VPC router on the link, a link-local address (fe80::/10). */
  readonly gateway: Ipv6Address;
  /** Reached through the gateway in packets as big as the link carries; elsewhere 1500 bytes are the most. */
  readonly vpcCidrs: readonly Ipv6Cidr[];
}

/**
 * The IPv6 side of an identity: one global address that the network interface has and the link carries. It is
 * advertised and bound alike, for every peer: nothing translates it.
 */
export interface PublicIpv6 extends LinkIpv6 {
  /** True when truetuple assigned it to the ENI, so that release takes it off again. */
  readonly assignedByUs: boolean;
}
