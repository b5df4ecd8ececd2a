import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';
import type { LinkSettings } from './kernel-port.ts';

/** An identity as one link carries it. Without publicIp: before its Elastic IP is claimed. */
export interface LinkIdentity extends Partial<DeliveryPlan> {
  readonly privateIp: Ipv4Address;
  readonly publicIp?: Ipv4Address | undefined;
  readonly publicIpv6?: LinkIpv6 | undefined;
}

/** One that ends: what its address carried goes. What its delivery was counts once the link is gone. */
export interface LeavingIdentity extends Partial<DeliveryPlan> {
  readonly privateIp: Ipv4Address;
  readonly publicIp: Ipv4Address;
  readonly publicIpv6?: LinkIpv6 | undefined;
}

/** What the kernel shall do for all identities of one link together. */
export interface WantedLink {
  /** Policy-routing table of the link. */
  readonly table: number;
  /** VPC router of the link's subnet. */
  readonly gateway: Ipv4Address;
  readonly subnetCidr: Cidr;
  /** Every IPv4 CIDR block of the VPC. */
  readonly vpcCidrs: readonly Cidr[];
  readonly identities: readonly LinkIdentity[];
  /** Identities that end. One that is also in `identities` stays. */
  readonly releasing: readonly LeavingIdentity[];
  /** FRA_PRIORITY of the source rules; default 100. */
  readonly basePriority?: number | undefined;
}

export const defaultBasePriority = 100;

/** The Internet's common path MTU in bytes: EC2's Internet gateway passes no bigger packet. */
export const internetMtu = 1500;

/**
 * rp_filter loose: the reverse path of a peer may be another link. arp_announce 2: ARP never tells the
 * public address. arp_ignore 1: the link answers ARP for its own addresses only.
 */
export const wantedSettings: LinkSettings = { rpFilter: 2, arpAnnounce: 2, arpIgnore: 1 };

/** True when each setting of a link is the wanted one; with those of all links: when each that counts is. */
export function areAsWanted(settings: LinkSettings, allSettings?: LinkSettings): boolean {
  const names = Object.keys(wantedSettings) as (keyof LinkSettings)[];
  return names.every(
    (name) => Math.max(settings[name], allSettings?.[name] ?? 0) === wantedSettings[name],
  );
}

/** The part of a WantedLink that an identity itself tells, without who holds or leaves it. */
export function identityLink(
  identity: Pick<WantedLink, 'table' | 'gateway' | 'subnetCidr' | 'vpcCidrs'>,
): Pick<WantedLink, 'table' | 'gateway' | 'subnetCidr' | 'vpcCidrs'> {
  const { table, gateway, subnetCidr, vpcCidrs } = identity;
  return { table, gateway, subnetCidr, vpcCidrs };
}
