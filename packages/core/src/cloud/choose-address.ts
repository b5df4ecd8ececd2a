import type { Ipv4Address } from '../identity/address.ts';
import type { Owner } from '../identity/owner.ts';
import type { ElasticIp } from './ec2-api.ts';
import { ownerRecordOf, ownerTagOf } from './view.ts';

export interface AddressWish {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  /** Allocation ids that were lost to somebody else, or cannot be used on this node. */
  readonly excluded: readonly string[];
  /** An allocation whose claim got no answer: asking again for the same one cannot take a second. */
  readonly preferred?: string | undefined;
  /** Public addresses that a process before this one put on the link. */
  readonly standing?: readonly string[];
}

/**
 * The free addresses of a pool, best first; the first is the one to claim. The order is the same for
 * everybody who asks for the same pod and different for different pods (rendezvous hashing), so that pods
 * that start together seldom want the same address, and a pod of the same name wants its old one back. An
 * address that is associated is never a candidate, whoever holds it.
 */
export function rankAddresses(pool: readonly ElasticIp[], wish: AddressWish): ElasticIp[] {
  const { cluster, namespace, pod } = wish.owner;
  const key = `${cluster}/${namespace}/${pod}`;
  return pool
    .filter(
      ({ associationId, allocationId }) =>
        associationId === undefined && !wish.excluded.includes(allocationId),
    )
    .map((address) => ({
      address,
      tier: tierOf(address, wish),
      weight: rendezvousWeight(key, address.allocationId),
    }))
    .toSorted(
      (a, b) =>
        a.tier - b.tier ||
        b.weight - a.weight ||
        (a.address.allocationId < b.address.allocationId ? -1 : 1),
    )
    .map(({ address }) => address);
}

/** Asked before, on our link already, recorded as ours, recorded as nobody's, recorded as somebody's who let it go. */
function tierOf(address: ElasticIp, wish: AddressWish): number {
  if (address.allocationId === wish.preferred) return 0;
  if (wish.standing?.includes(address.publicIp)) return 1;
  const record = ownerRecordOf(address);
  if (record?.owner.uid === wish.owner.uid && record.privateIp === wish.privateIp) return 2;
  return ownerTagOf(address) === undefined ? 3 : 4;
}

/** FNV-1a over both names, then the finalizer of MurmurHash3, so that near names lie far apart. */
export function rendezvousWeight(key: string, allocationId: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${key} ${allocationId}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
