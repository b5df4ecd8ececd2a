import { NetlinkError } from '../errors.ts';
import type { Program } from '../plan.ts';
import { addressFamily } from '../schema/rtnetlink.ts';
import type { Family } from '../wire/ip-address.ts';

/** AF_INET or AF_INET6 as a family; undefined for any other (multicast routing has its own rules). */
export function familyFromNumber(value: number): Family | undefined {
  if (value === addressFamily.ipv4) return 'ipv4';
  return value === addressFamily.ipv6 ? 'ipv6' : undefined;
}

/**
 * Lists the family asked for, or both: then one that this kernel does not have (`ipv6.disable=1`) has
 * nothing to list.
 */
export function* listFamilies<T>(
  filter: { readonly family?: Family } | undefined,
  list: (family: Family) => Program<T[]>,
): Program<T[]> {
  if (filter?.family !== undefined) return yield* list(filter.family);
  return [...(yield* listIfThere('ipv4', list)), ...(yield* listIfThere('ipv6', list))];
}

function* listIfThere<T>(family: Family, list: (family: Family) => Program<T[]>): Program<T[]> {
  try {
    return yield* list(family);
  } catch (error) {
    if (NetlinkError.is(error) && missing.has(error.code)) return [];
    throw error;
  }
}

const missing = new Set(['EAFNOSUPPORT', 'EOPNOTSUPP']);

/** `0.0.0.0` or `::` */
export function anyAddress(family: Family): string {
  return family === 'ipv4' ? '0.0.0.0' : '::';
}
