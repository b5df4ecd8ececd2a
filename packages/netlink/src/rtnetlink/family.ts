import { addressFamily } from '../schema/rtnetlink.ts';
import type { Family } from '../wire/ip-address.ts';

/** AF_INET or AF_INET6 as a family; undefined for any other (multicast routing has its own rules). */
export function familyFromNumber(value: number): Family | undefined {
  if (value === addressFamily.ipv4) return 'ipv4';
  return value === addressFamily.ipv6 ? 'ipv6' : undefined;
}

/** The families to list: the one asked for, or both. */
export function familiesOf(filter: { readonly family?: Family } | undefined): readonly Family[] {
  return filter?.family === undefined ? ['ipv4', 'ipv6'] : [filter.family];
}

/** `0.0.0.0` or `::` */
export function anyAddress(family: Family): string {
  return family === 'ipv4' ? '0.0.0.0' : '::';
}
