import { hostCidr, type Ipv4Address } from '../../identity/address.ts';
import { formatOwnerTag, releasedTagKey, type Owner } from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import {
  interfaceOf,
  isAt,
  namesAnotherPlace,
  ownerRecordOf,
  ownerTagOf,
  routeTo,
  shownOn,
  tagOf,
  type CloudView,
} from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';

/** No identity of this owner on this private IP any more. */
export interface WantedNothing {
  readonly kind: 'nothing';
  readonly owner: Owner;
  readonly networkInterfaceId: string;
  readonly privateIp: Ipv4Address;
  /** What was claimed; undefined when nothing was. */
  readonly claim: ClaimToEnd | undefined;
  /** True to take the private IP off the network interface: only when truetuple put it there. */
  readonly unassignPrivateIp: boolean;
  readonly known: ClaimKnowledge;
  /** True for a reported claim so young that a describe may show what was before it. */
  readonly isYoung?: boolean;
  /** See ReleaseCall. */
  readonly isPrivateIpOnLink?: boolean | undefined;
  /** See ReleaseCall. */
  readonly isFirst?: boolean | undefined;
  /** The route tables that the claim's holder led to it; what of them a describe does not show is ended too. */
  readonly routeTableIds: readonly string[];
  /** Whom describes show with the address, though it was ours by EC2's word: routes that they show to lead there are as old. */
  readonly former?: FormerHolder | undefined;
  /** What to record of when the address was let go; undefined without a cool-down. */
  readonly released?: string | undefined;
}

/** An association from before the claim, which describes go on showing. */
export interface FormerHolder {
  readonly associationId: string;
  readonly networkInterfaceId: string;
}

/**
 * How we know of a claim. `own`: this process made it, or tried to. `reported`: a value says that it was
 * made, and may say so late, or twice. `ended`: EC2 has just ended its association at our word.
 * `ended-before`: EC2 knew that association no more, so whoever ended it has given back all the rest.
 */
export type ClaimKnowledge = 'own' | 'reported' | 'ended' | 'ended-before';

export interface ClaimToEnd {
  readonly allocationId: string;
  readonly publicIp: Ipv4Address;
  /** Undefined when the claim got no answer. */
  readonly associationId: string | undefined;
}

/**
 * Plans giving an identity back: routes while the association still protects them, association by its id,
 * private IP, and last the owner tag by its value: until then it says that the private IP is ours to take
 * off. What somebody else has meanwhile is left alone. A reported claim that no describe shows is asked for by
 * its id, before anything else: EC2's answer says what an empty describe does not.
 */
export function planNothing(wanted: WantedNothing, view: CloudView): CloudStep[] {
  const { claim, networkInterfaceId, privateIp } = wanted;
  const steps =
    claim === undefined
      ? []
      : [...planClaimEnd(wanted, claim, view), ...planCarriedEnd(wanted, claim, view)];
  if (wanted.unassignPrivateIp && mayUnassign(wanted, view)) {
    steps.push({ kind: 'unassign-private-ip', networkInterfaceId, privateIp });
  }
  return claim === undefined ? steps : [...steps, ...planRecordEnd(wanted, claim, view)];
}

function planClaimEnd(wanted: WantedNothing, claim: ClaimToEnd, view: CloudView): CloudStep[] {
  const { publicIp } = claim;
  const address = addressOf(claim, view);
  const holder = holderOf(address, wanted, claim);
  const end = (associationId: string | undefined): CloudStep[] =>
    associationId === undefined ? [] : [{ kind: 'disassociate-address', associationId, publicIp }];
  if (holder === 'somebody-else') {
    // a describe may show whom it was taken from: the claim's own id ends nothing of others
    const mayBeOlder = address?.associationId !== claim.associationId;
    const isOurs =
      wanted.known === 'own'
        ? !isHere(address, wanted)
        : wanted.known === 'reported' && wanted.isYoung === true;
    return mayBeOlder && isOurs ? end(claim.associationId) : [];
  }
  if (holder === 'us') {
    return [
      ...planRouteEnd(wanted, publicIp, view),
      ...planReleased(wanted, address),
      // what is shown may be from before the claim: its own id first
      ...(isKnownBy(address, claim, wanted) ? [] : end(claim.associationId)),
      ...end(address?.associationId),
    ];
  }
  if (wanted.known === 'reported') return end(claim.associationId);
  if (wanted.known !== 'ended-before') return planRouteEnd(wanted, publicIp, view);
  // nobody has claimed it since: who claims writes a record of his own
  const isRecorded = address !== undefined && isRecordedAs(address, wanted);
  return isRecorded ? staleRoutes(view, publicIp, wanted.networkInterfaceId) : [];
}

/**
 * The address is shown elsewhere, or free, and the private IP, which no other pod has, carries it by another id than the claim's: who
 * associated it anew has not told. Asked by that id EC2 says which describe is the later one.
 */
function planCarriedEnd(wanted: WantedNothing, claim: ClaimToEnd, view: CloudView): CloudStep[] {
  const { allocationId, publicIp } = claim;
  const carried = shownOn(view, wanted)?.association;
  const associationId = carried?.allocationId === allocationId ? carried.associationId : undefined;
  const isKnown = associationId === undefined || associationId === claim.associationId;
  if (isKnown || wanted.isPrivateIpOnLink !== true) return [];
  if (isHere(addressOf(claim, view), wanted)) return [];
  return [{ kind: 'disassociate-address', associationId, publicIp }];
}

/** True when a describe shows the claim itself, or our own answered writes do. */
function isKnownBy(
  address: ElasticIp | undefined,
  claim: ClaimToEnd,
  { known }: WantedNothing,
): boolean {
  return known === 'own' || claim.associationId === address?.associationId;
}

/** While the association still protects it. */
function planReleased({ released: value }: WantedNothing, address?: ElasticIp): CloudStep[] {
  if (value === undefined || address === undefined) return [];
  if (tagOf(address, releasedTagKey) === value) return [];
  return [{ kind: 'tag-released', allocationId: address.allocationId, value }];
}

/** Of routes that the holder led, also those that no describe shows: they are no older than the claim. */
function planRouteEnd(wanted: WantedNothing, publicIp: Ipv4Address, view: CloudView): CloudStep[] {
  const { networkInterfaceId, former } = wanted;
  const shown = staleRoutes(view, publicIp, networkInterfaceId);
  if (wanted.known === 'own') return shown;
  const destination = hostCidr(publicIp);
  const seen = view.routeTables
    .filter((table) => {
      const route = routeTo(table, destination);
      return route !== undefined && route.networkInterfaceId !== former?.networkInterfaceId;
    })
    .map(({ routeTableId }) => routeTableId);
  const unseen = wanted.routeTableIds.filter((id) => !seen.includes(id));
  return [
    ...shown,
    ...unseen.map((routeTableId) => ({
      kind: 'delete-route' as const,
      routeTableId,
      destination,
      networkInterfaceId,
    })),
  ];
}

function planRecordEnd(wanted: WantedNothing, claim: ClaimToEnd, view: CloudView): CloudStep[] {
  const { allocationId } = claim;
  const address = addressOf(claim, view);
  const value = address && ownerTagOf(address);
  if (address !== undefined && value !== undefined && isRecordedAs(address, wanted)) {
    return [{ kind: 'untag-owner', allocationId, value }];
  }
  if (wanted.known !== 'ended') return [];
  const { owner, privateIp, networkInterfaceId } = wanted;
  const written = formatOwnerTag({
    owner,
    privateIp,
    privateIpAssignedByUs: wanted.unassignPrivateIp,
    networkInterfaceId,
  });
  return [{ kind: 'untag-owner', allocationId, value: written }];
}

function isHere(address: ElasticIp | undefined, wanted: WantedNothing): boolean {
  return address !== undefined && isAt(address, wanted);
}

function addressOf({ allocationId }: ClaimToEnd, view: CloudView): ElasticIp | undefined {
  return view.addresses.find((one) => one.allocationId === allocationId);
}

/** Who a describe shows with the claimed address; it may be from before the claim. */
export function shownHolder(wanted: WantedNothing, view: CloudView): ReturnType<typeof holderOf> {
  const { claim } = wanted;
  return claim === undefined ? 'us' : holderOf(addressOf(claim, view), wanted, claim);
}

/** True when a describe shows the claimed address elsewhere, or another one on the private IP: unless that is from before the claim. */
export function isContradicted(wanted: WantedNothing, view: CloudView): boolean {
  const holder = shownHolder(wanted, view);
  const carried = shownOn(view, wanted)?.association?.allocationId;
  const isTaken = carried !== undefined && carried !== wanted.claim?.allocationId;
  return holder === 'somebody-else' || (holder === 'nobody' && isTaken);
}

function holderOf(
  address: ElasticIp | undefined,
  wanted: WantedNothing,
  claim: ClaimToEnd,
): 'nobody' | 'us' | 'somebody-else' {
  if (address?.associationId === undefined) return 'nobody';
  if (!isAt(address, wanted)) return 'somebody-else';
  if (isRecordedAs(address, wanted)) return 'us';
  if (ownerTagOf(address) !== undefined && !namesAnotherPlace(address)) return 'somebody-else';
  const isTheClaim =
    claim.associationId === undefined || address.associationId === claim.associationId;
  // no other pod has our private IP, so nobody else claimed it there: a keep did, that got no answer
  return isTheClaim || wanted.isPrivateIpOnLink === true ? 'us' : 'somebody-else';
}

function isRecordedAs(address: ElasticIp, wanted: WantedNothing): boolean {
  const record = ownerRecordOf(address);
  return record?.owner.uid === wanted.owner.uid && record.privateIp === wanted.privateIp;
}

/**
 * False when the primary, gone already, or carrying an address that is not ours to end. A reported private IP
 * may be the next pod's by now, assigned and not claimed yet: it is ours while the claim or its record stands, or
 * while the pod's own link has it.
 */
function mayUnassign(wanted: WantedNothing, view: CloudView): boolean {
  const { claim, known } = wanted;
  const address = claim && addressOf(claim, view);
  const isRecorded = address !== undefined && isRecordedAs(address, wanted);
  const shown = shownOn(view, wanted);
  if (shown === undefined) {
    // a describe may be from before it was assigned, be it again: by a keep just now, or by a controller that died
    const isStanding = wanted.isFirst === true && wanted.isPrivateIpOnLink === true;
    const mayBeThere = known === 'ended' || isStanding || (known !== 'own' && isRecorded);
    return mayBeThere && interfaceOf(view, wanted.networkInterfaceId) !== undefined;
  }
  if (shown.primary) return false;
  const isHeld = claim !== undefined && holderOf(address, wanted, claim) === 'us';
  const isKnown = known === 'own' || known === 'ended' || wanted.isPrivateIpOnLink === true;
  const { association } = shown;
  if (association === undefined) return isKnown || isHeld || isRecorded;
  if (association.allocationId !== claim?.allocationId) {
    // it carried ours until EC2 ended that just now, and no other pod has it: what is shown on it is from before
    return known === 'ended' && wanted.isPrivateIpOnLink === true;
  }
  // the claim that the address is shown to have lost may still be shown here
  const isLost = association.associationId === claim?.associationId && !isHere(address, wanted);
  return isHeld || (isLost && (isKnown || isRecorded));
}

/** Deletes of the /32 routes to a public address that lead to one network interface. */
export function staleRoutes(
  view: CloudView,
  publicIp: Ipv4Address,
  networkInterfaceId: string,
): CloudStep[] {
  const destination = hostCidr(publicIp);
  return view.routeTables.flatMap((table) => {
    if (routeTo(table, destination)?.networkInterfaceId !== networkInterfaceId) return [];
    const { routeTableId } = table;
    return [{ kind: 'delete-route' as const, routeTableId, destination, networkInterfaceId }];
  });
}
