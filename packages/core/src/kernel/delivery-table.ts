import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { LinkIdentity } from './wanted-link.ts';

/**
 * One nftables table, family ip, for one identity: each is whole by itself, so that releasing one of
 * several identities touches no other.
 */
export interface DeliveryTable {
  readonly mode: 'translate' | 'dnat';
  readonly linkName: string;
  readonly privateIp: Ipv4Address;
  readonly publicIp: Ipv4Address;
  /** With `translate`: towards whom the private source becomes the public one; in order, each once. */
  readonly routedCidrs: readonly Cidr[];
}

/** A table of ours as the kernel holds it. */
export interface HeldDeliveryTable {
  /** By its name. */
  readonly publicIp: Ipv4Address;
  /** Absent when it is not, or no longer, what truetuple makes. */
  readonly does?: DeliveryTable;
}

const namePrefix = 'truetuple-';

/** The table's name; a public address is on one link of a namespace at most. */
export function deliveryTableName(publicIp: Ipv4Address): string {
  return `${namePrefix}${publicIp}`;
}

/** The public address of a table by its name; undefined for a name that is none of ours. */
export function deliveryTableAddress(name: string): string | undefined {
  return name.startsWith(namePrefix) ? name.slice(namePrefix.length) : undefined;
}

/** The table that an identity's delivery needs; undefined for a delivery without one. */
export function deliveryTableOf(
  linkName: string,
  { delivery, privateIp, publicIp, routedCidrs = [] }: LinkIdentity,
): DeliveryTable | undefined {
  if (publicIp === undefined) return undefined;
  if (delivery === 'dnat') {
    return { mode: 'dnat', linkName, privateIp, publicIp, routedCidrs: [] };
  }
  if (delivery !== 'translate') return undefined;
  const towards = [...new Set(routedCidrs)].toSorted();
  return { mode: 'translate', linkName, privateIp, publicIp, routedCidrs: towards };
}

/** Whether a held table does exactly this. */
export function doesThis(held: HeldDeliveryTable | undefined, wanted: DeliveryTable): boolean {
  const does = held?.does;
  return (
    does !== undefined &&
    does.mode === wanted.mode &&
    does.linkName === wanted.linkName &&
    does.privateIp === wanted.privateIp &&
    does.publicIp === wanted.publicIp &&
    does.routedCidrs.join(' ') === wanted.routedCidrs.join(' ')
  );
}
