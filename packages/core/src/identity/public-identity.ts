import type { Cidr, Ipv4Address } from './address.ts';
import type { BoundPorts, Delivery } from './delivery.ts';
import type { PublicIpv6 } from './public-ipv6.ts';
import type { Owner } from './owner.ts';

export const identitySchema = 'truetuple.identity/v1';

/**
 * A public UDP identity that was proven and published. A plain JSON value: what the identity file
 * holds, and all that another process needs to release it.
 */
export interface PublicIdentity {
  readonly schema: typeof identitySchema;
  /** Grows by one with each publication into the same identity file; starts at 1. */
  readonly generation: number;
  /** The Elastic IP: what SIP and SDP advertise to the Internet and to VPC peers with a /32 route. */
  readonly publicIp: Ipv4Address;
  /** The link's own address, which the Internet gateway maps to publicIp, port for port. */
  readonly privateIp: Ipv4Address;
  /** Prefix length that privateIp carries on the link. */
  readonly privatePrefixLength: number;
  readonly linkName: string;
  /** VPC router of the link's subnet. */
  readonly gateway: Ipv4Address;
  readonly subnetCidr: Cidr;
  readonly vpcCidrs: readonly Cidr[];
  /** Policy-routing table of the link. */
  readonly table: number;
  readonly delivery: Delivery;
  /** Subnets whose route table carries our /32; absent: the whole VPC but subnetCidr. */
  readonly routedCidrs?: readonly Cidr[];
  /** With `rule` and `any`: what the application binds to 0.0.0.0. */
  readonly ports?: readonly BoundPorts[];
  /** Which local address to bind for which peers: see `bindAddressFor`. 0.0.0.0 with `rule` and `any`. */
  readonly bind: {
    readonly internet: Ipv4Address;
    readonly vpc: Ipv4Address;
  };
  /** The IPv6 side; absent without one. Advertised as it stands, and bound for every IPv6 peer. */
  readonly publicIpv6?: PublicIpv6;
  readonly region: string;
  readonly pool: string;
  readonly owner: Owner;
  readonly networkInterfaceId: string;
  readonly allocationId: string;
  readonly associationId: string;
  /** True when truetuple registered privateIp on the ENI, so that release takes it off again. */
  readonly privateIpAssignedByUs: boolean;
  readonly routeTableIds: readonly string[];
  /**
   * When it was claimed, or shortly after, by the machine's monotonic clock: milliseconds since it was started. Absent: only
   * publishedAt says so.
   */
  readonly claimedAtUptimeMs?: number;
  /** When it was published, RFC 3339 in UTC. */
  readonly publishedAt: string;
}
