import type { Cidr } from './address.ts';

/**
 * How the public address is delivered to the application.
 * - `both`: two sockets, one per address; the application chooses by the peer (`bindAddressFor`).
 * - `translate`: one socket on the private address. nftables writes the public one, without state and
 *   without another port, towards the subnets that carry our /32.
 * - `rule`: one socket on 0.0.0.0. Rules on its source port lead it to the link's table, whose routes give
 *   the source.
 * - `dnat`: one socket on the private address. Connection tracking undoes the translation in answers, and
 *   only there.
 * - `any`: one listening TCP socket on 0.0.0.0; a connection keeps the address that was called.
 */
export type Delivery = 'both' | 'translate' | 'rule' | 'dnat' | 'any';

export const deliveries: readonly Delivery[] = ['both', 'translate', 'rule', 'dnat', 'any'];

/** What an application listens with. */
export type TransportProtocol = 'udp' | 'tcp';

/** Ports of one protocol that the application binds to 0.0.0.0; both ends count as within. */
export interface BoundPorts {
  readonly protocol: TransportProtocol;
  readonly first: number;
  readonly last: number;
}

/** What an identity says about its delivery. */
export interface DeliveryPlan {
  readonly delivery: Delivery;
  /**
   * Subnets whose route table carries our /32: their hosts are called from the public address and call it
   * without leaving the VPC. Absent: the whole VPC but the link's own subnet.
   */
  readonly routedCidrs?: readonly Cidr[] | undefined;
  /** With `rule` and `any`: what is bound to 0.0.0.0. */
  readonly ports?: readonly BoundPorts[] | undefined;
}

/** "udp 5060", "udp 16384-32767". */
export function formatPorts({ protocol, first, last }: BoundPorts): string {
  return `${protocol} ${first === last ? first : `${first}-${last}`}`;
}

/** The part of a spec or of an identity that is about delivery. */
export function deliveryPlan({ delivery, routedCidrs, ports }: DeliveryPlan): DeliveryPlan {
  return { delivery, routedCidrs, ports };
}
