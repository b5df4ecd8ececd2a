import type { ElasticIp } from '../ec2/ec2-api.ts';
import {
  isRankedBefore,
  rankCandidates,
  type AddressWish,
  type Candidate,
} from './choose-address.ts';

/** Who wants an address, and of which he may have one. */
export interface AddressRequest {
  readonly wish: AddressWish;
  readonly pool: readonly ElasticIp[];
}

/**
 * Chooses for all at once, no address twice: each gets the best of his own order that nobody has a better reason to have, the
 * reasons being those of `rankAddresses` (deferred acceptance, Gale and Shapley 1962). So who alone would get an address gets it
 * here too, unless somebody else had it before, stands on it, or has it reserved. The answers are in the order of the requests;
 * undefined where none is left, and where nothing was requested.
 */
export function assignAddresses(
  requests: readonly (AddressRequest | undefined)[],
): (ElasticIp | undefined)[] {
  const ranked = requests.map((one) =>
    one === undefined ? [] : rankCandidates(one.pool, one.wish),
  );
  const refused = requests.map(() => 0);
  const holders = new Map<string, { readonly index: number; readonly candidate: Candidate }>();
  const unplaced = [...requests.keys()].toReversed();
  for (let index = unplaced.pop(); index !== undefined; index = unplaced.pop()) {
    const candidate = ranked[index]?.[refused[index] ?? 0];
    if (candidate === undefined) continue;
    const { allocationId } = candidate.address;
    const holder = holders.get(allocationId);
    const isBetter = holder === undefined || isRankedBefore(candidate, holder.candidate);
    const loser = isBetter ? holder?.index : index;
    if (isBetter) holders.set(allocationId, { index, candidate });
    if (loser === undefined) continue;
    refused[loser] = (refused[loser] ?? 0) + 1;
    unplaced.push(loser);
  }
  const chosen: (ElasticIp | undefined)[] = requests.map(() => undefined);
  for (const { index, candidate } of holders.values()) chosen[index] = candidate.address;
  return chosen;
}
