import type { HandoverRequestTag } from '../../identity/handover.ts';
import { ownerTagKey } from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import type { Grant } from '../identity-grant.ts';
import { requestOn } from '../observe/shown-request.ts';
import {
  hasPrivateIp,
  interfaceOf,
  isAt,
  namesAnotherPlace,
  ownerRecordOf,
  shownOn,
  type CloudView,
} from '../observe/view.ts';

/** What one look shows of a claim. */
export type Sighting =
  /** On our private IP. The id is another than ours when the pod itself, or a hand, associated it anew. */
  | { readonly kind: 'held'; readonly associationId: string }
  | { readonly kind: 'elsewhere'; readonly associationId: string }
  /** Our private IP carries another public address. */
  | {
      readonly kind: 'private-ip-taken';
      readonly allocationId: string | undefined;
      readonly publicIp: string;
      readonly associationId: string | undefined;
    }
  | { readonly kind: 'not-associated' }
  /** The address, its network interface, or the private IP on it, is not there: an empty read proves nothing. */
  | { readonly kind: 'not-shown' };

/** Until then a describe may show EC2 as it was before (EC2 API reference, "Eventual consistency": minutes). */
export const describeLagMs: number = 5 * 60_000;

/** An age below zero is that of a wall clock that was set back since: it may be any. */
export function isYoung(claimAgeMs: number): boolean {
  return claimAgeMs >= 0 && claimAgeMs < describeLagMs;
}

export function judgeClaim(grant: Grant, view: CloudView): Sighting {
  const address = view.addresses.find(({ allocationId }) => allocationId === grant.allocationId);
  const eni = interfaceOf(view, grant.networkInterfaceId);
  const associationId = address?.associationId;
  if (address !== undefined && associationId !== undefined) {
    if (!isAt(address, grant)) return { kind: 'elsewhere', associationId };
    const recorded = ownerRecordOf(address)?.owner.uid;
    const isAnothers =
      recorded !== undefined && recorded !== grant.owner.uid && !namesAnotherPlace(address);
    if (isAnothers && associationId !== grant.associationId) {
      return { kind: 'elsewhere', associationId };
    }
    const isWhole = eni !== undefined && hasPrivateIp(eni, grant.privateIp);
    return isWhole ? { kind: 'held', associationId } : { kind: 'not-shown' };
  }
  const carried = shownOn(view, grant)?.association;
  if (carried !== undefined && carried.allocationId !== grant.allocationId) {
    const { publicIp, allocationId, associationId: otherId } = carried;
    return { kind: 'private-ip-taken', allocationId, publicIp, associationId: otherId };
  }
  return { kind: address === undefined ? 'not-shown' : 'not-associated' };
}

/** The association that is ours: what the pod held before a young claim is shown as the claim itself would be. */
export function believedId(
  grant: Grant,
  { associationId }: Sighting & { readonly kind: 'held' },
  claimAgeMs: number,
): string {
  return claimAgeMs < describeLagMs ? grant.associationId : associationId;
}

/** The request of another pod for our hold, be it that the one before it is shown; without the time nobody is heard. */
export function askedForBy(
  grant: Grant,
  { addresses }: CloudView,
  nowMs: number | undefined,
): HandoverRequestTag | undefined {
  const address = addresses.find(({ allocationId }) => allocationId === grant.allocationId);
  if (nowMs === undefined || address?.associationId === undefined) return undefined;
  const asked = requestOn(address);
  if (asked?.associationId !== grant.associationId || asked.untilMs <= nowMs) return undefined;
  return asked.by.uid === grant.owner.uid ? undefined : asked;
}

export function isSameSighting(a: Sighting, b: Sighting | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * True when what contradicts our claim cannot be from before it: the claim is older than describes lag, or
 * the address carries, in its other association, the owner record that we wrote after claiming.
 */
export function isProof(
  sighting: Sighting,
  {
    grant,
    view,
    claimAgeMs,
  }: {
    readonly grant: Grant;
    readonly view: CloudView;
    readonly claimAgeMs: number;
  },
): boolean {
  if (claimAgeMs >= describeLagMs) return true;
  const address = view.addresses.find(({ allocationId }) => allocationId === grant.allocationId);
  return sighting.kind === 'elsewhere' && address !== undefined && carriesOurRecord(grant, address);
}

/**
 * The association's id is the lock: a record that names somebody else on it is overwritten. Also one on an address that is shown as
 * it was before our claim, when the network interface shows the claim already.
 */
export function withoutForeignRecord(grant: Grant, view: CloudView): CloudView {
  const shown = shownOn(view, grant);
  const addresses = view.addresses.map((address) => {
    const isClaimed =
      isAt(address, grant) || shown?.association?.allocationId === address.allocationId;
    if (!isClaimed || carriesOurRecord(grant, address)) return address;
    return { ...address, tags: address.tags.filter(({ key }) => key !== ownerTagKey) };
  });
  return { ...view, addresses };
}

export function carriesOurRecord(grant: Grant, address: ElasticIp): boolean {
  const record = ownerRecordOf(address);
  return record?.owner.uid === grant.owner.uid && record.privateIp === grant.privateIp;
}
