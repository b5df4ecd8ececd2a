import type { Program } from '../plan.ts';
import { formatIpAddress, parseIpAddress } from '../wire/ip-address.ts';
import type { Neighbours, NewNeighbour } from './neighbour.ts';
import type { Ensured } from './outcome.ts';
import { hasAll } from './same.ts';

/** The entry for an address on a link, as wanted; permanent unless another state is given. */
export function* ensureNeighbour(
  neighbours: Neighbours<'plan'>,
  neighbour: NewNeighbour,
): Program<Ensured> {
  const { linkIndex, proxy = false } = neighbour;
  const address = formatIpAddress(parseIpAddress(neighbour.address));
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const list = yield* neighbours.list({ linkIndex, family, proxy });
  const standing = list.find((one) => one.address === address);
  // a proxy entry has no state
  const state = proxy ? {} : { state: neighbour.state ?? 'permanent' };
  if (standing !== undefined && hasAll(standing, { ...neighbour, address, ...state })) {
    return 'unchanged';
  }
  yield* neighbours.replace(neighbour);
  return standing === undefined ? 'created' : 'replaced';
}
