import type { Ipv4Address } from '../../identity/address.ts';
import { releasedTagKey, reservedTagKey, stableNameOf, type Owner } from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import { isAskedByAnother } from '../observe/shown-request.ts';
import { ownerRecordOf, ownerTagOf, tagOf } from '../observe/view.ts';

export interface AddressWish {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  /** Allocation ids that were lost to somebody else, or cannot be used on this node. */
  readonly excluded: readonly string[];
  /** An allocation whose claim got no answer: asking again for the same one cannot take a second. */
  readonly preferred?: string | undefined;
  /** An allocation that an earlier pod of the same name had. */
  readonly inherited?: string | undefined;
  /** Public addresses that a process before this one put on the link. */
  readonly standing?: readonly string[];
  /** The public IP, or allocation id, of the only one that will do. */
  readonly only?: string | undefined;
  /** Public IPs, or allocation ids, that will not do. */
  readonly never?: readonly string[];
  readonly coolDown?: CoolDown | undefined;
  /** Wall clock, milliseconds since 1970: until when a request for a handover keeps a free address for who asked; undefined: none does. */
  readonly nowMs?: number | undefined;
}

/** For how long a released address is left to others only when nothing else is free. */
export interface CoolDown {
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly ms: number;
}

/**
 * The free addresses of a pool, best first; the first is the one to claim. The order is the same for
 * everybody who asks for the same pod and different for different pods (rendezvous hashing), so that pods
 * that start together seldom want the same address, and a pod of the same name wants its old one back. An
 * address that is associated is never a candidate, whoever holds it, nor one that is reserved for another name, nor one that another pod has asked for.
 */
export function rankAddresses(pool: readonly ElasticIp[], wish: AddressWish): ElasticIp[] {
  return rankCandidates(pool, wish).map(({ address }) => address);
}

/** An address that will do, and how well. */
export interface Candidate {
  readonly address: ElasticIp;
  /** The smaller the better. */
  readonly tier: number;
  /** Among those of one tier the larger the better. */
  readonly weight: number;
}

/** As rankAddresses, with the reasons. */
export function rankCandidates(pool: readonly ElasticIp[], wish: AddressWish): Candidate[] {
  const key = stableNameOf(wish.owner);
  return pool
    .filter((address) => address.associationId === undefined && mayHave(address, wish))
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
    );
}

/** True when one has the better reason of two who want the same address. */
export function isRankedBefore(one: Candidate, other: Candidate): boolean {
  return one.tier < other.tier || (one.tier === other.tier && one.weight > other.weight);
}

/** True for the address with that public IP or allocation id. */
export function isNamed(
  { publicIp, allocationId }: Pick<ElasticIp, 'publicIp' | 'allocationId'>,
  name: string,
): boolean {
  return publicIp === name || allocationId === name;
}

function mayHave(address: ElasticIp, wish: AddressWish): boolean {
  const { excluded, only, never = [] } = wish;
  if (excluded.includes(address.allocationId)) return false;
  if (only !== undefined && !isNamed(address, only)) return false;
  if (never.some((name) => isNamed(address, name))) return false;
  const isOurs = address.allocationId === wish.preferred;
  if (!isOurs && isAskedByAnother(address, wish)) return false;
  return reservationOf(address, wish.owner) !== 'for-another';
}

/** The tag's value is `namespace/pod`, or `cluster/namespace/pod`; anything else is nobody's name. */
function reservationOf(address: ElasticIp, owner: Owner): 'none' | 'for-us' | 'for-another' {
  const value = tagOf(address, reservedTagKey);
  if (value === undefined) return 'none';
  const { namespace, pod } = owner;
  const isOurs = value === `${namespace}/${pod}` || value === stableNameOf(owner);
  return isOurs ? 'for-us' : 'for-another';
}

/**
 * The only one that will do, asked before or inherited, on our link already, reserved for us, recorded as ours, recorded as nobody's, recorded as
 * somebody's who let it go, let go by somebody else so lately that his peers may still send to it.
 */
function tierOf(address: ElasticIp, wish: AddressWish): number {
  if (wish.only !== undefined) return -1;
  if (address.allocationId === (wish.preferred ?? wish.inherited)) return 0;
  if (wish.standing?.includes(address.publicIp)) return 1;
  if (reservationOf(address, wish.owner) === 'for-us') return 2;
  const record = ownerRecordOf(address);
  if (record?.owner.uid === wish.owner.uid && record.privateIp === wish.privateIp) return 3;
  if (isCooling(address, wish)) return 6;
  return ownerTagOf(address) === undefined ? 4 : 5;
}

/** The value of the tag that a release leaves when a cool-down is set: seconds since 1970, then the stable name. */
export function formatReleased(owner: Owner, nowMs: number): string {
  return `${Math.floor(nowMs / 1000)}/${stableNameOf(owner)}`;
}

/** Whoever had it last may have it back at once: its peers are his. */
function isCooling(address: ElasticIp, { owner, coolDown }: AddressWish): boolean {
  const value = tagOf(address, releasedTagKey);
  if (value === undefined || coolDown === undefined) return false;
  const [seconds = '', ...name] = value.split('/');
  if (name.join('/') === stableNameOf(owner)) return false;
  const ageMs = coolDown.nowMs - Number(seconds) * 1000;
  return ageMs < coolDown.ms;
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
