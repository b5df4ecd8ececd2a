import type { Program } from '../plan.ts';
import { NetlinkError } from '../errors.ts';
import { formatIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Address, NewAddress } from './address.ts';
import type { Addresses } from './addresses.ts';
import type { Ensured } from './outcome.ts';
import { hasAll } from './same.ts';

/** What the kernel changes on an address that stands; for the rest it is removed and added. */
const changeable = ['protocol', 'preferredSeconds', 'validSeconds', 'prefixRouteMetric'] as const;

/** The address on its link, as wanted. One with lifetimes is given them anew each time. */
export function* ensureAddress(
  addresses: Addresses<'plan'>,
  address: NewAddress,
): Program<Ensured> {
  const wanted = normalisedAddress(address);
  const list = yield* addresses.list({ linkIndex: address.linkIndex });
  const standing = list.find((one) => isLikeAddress(one, wanted));
  if (standing === undefined) return yield* addUnlessThere(addresses, address);
  if (hasAll(standing, wanted) && !hasLifetimes(wanted)) return 'unchanged';
  const { linkIndex, peer } = wanted;
  if (!hasAll(standing, fixed(wanted))) {
    yield* addresses.remove({
      linkIndex,
      address: address.address,
      ...(peer === undefined ? {} : { peer }),
    });
  }
  yield* addresses.add(address, { exclusive: false });
  return 'replaced';
}

function* addUnlessThere(addresses: Addresses<'plan'>, address: NewAddress): Program<Ensured> {
  try {
    yield* addresses.add(address);
    return 'created';
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isExists) throw error;
    // somebody else added it meanwhile
    yield* addresses.add(address, { exclusive: false });
    return 'replaced';
  }
}

/** With addresses as the kernel writes them. */
export function normalisedAddress(address: NewAddress): NewAddress {
  return { ...address, address: canonical(address.address), ...peerOf(address) };
}

function peerOf({ peer }: NewAddress): Pick<NewAddress, 'peer'> {
  return peer === undefined ? {} : { peer: canonical(peer) };
}

function canonical(text: string): string {
  const { bytes, prefixLength } = parseIpPrefix(text);
  return `${formatIpAddress(bytes)}/${String(prefixLength)}`;
}

export function isLikeAddress(found: Address, wanted: NewAddress): boolean {
  return found.address === wanted.address && found.peer === wanted.peer;
}

function hasLifetimes({ preferredSeconds, validSeconds }: NewAddress): boolean {
  return preferredSeconds !== undefined || validSeconds !== undefined;
}

function fixed(wanted: NewAddress): object {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name]) => !(changeable as readonly string[]).includes(name)),
  );
}
