import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import type { Owner } from '../identity/owner.ts';
import type { CloudStep } from './cloud-step.ts';
import type { ElasticIp } from './ec2-api.ts';
import { isAt, ownerRecordOf, ownerTagOf, routeTo, type CloudView } from './view.ts';

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
}

export interface ClaimToEnd {
  readonly allocationId: string;
  readonly publicIp: Ipv4Address;
  /** Undefined when the claim got no answer. */
  readonly associationId: string | undefined;
}

/**
 * Plans giving an identity back: routes while the association still protects them, association by its id,
 * private IP, and last the owner tag by its value: until then it says that the private IP is ours to take
 * off. What somebody else has meanwhile is left alone.
 */
export function planNothing(wanted: WantedNothing, view: CloudView): CloudStep[] {
  const { claim, networkInterfaceId, privateIp } = wanted;
  const steps = claim === undefined ? [] : planClaimEnd(wanted, claim, view);
  if (wanted.unassignPrivateIp && mayUnassign(wanted, view)) {
    steps.push({ kind: 'unassign-private-ip', networkInterfaceId, privateIp });
  }
  return claim === undefined ? steps : [...steps, ...planRecordEnd(wanted, claim, view)];
}

function planClaimEnd(wanted: WantedNothing, claim: ClaimToEnd, view: CloudView): CloudStep[] {
  const { publicIp } = claim;
  const address = addressOf(claim, view);
  const holder = holderOf(address, wanted, claim);
  const steps: CloudStep[] = [];
  if (holder !== 'somebody-else') {
    steps.push(...staleRoutes(view, publicIp, wanted.networkInterfaceId));
  }
  const associationId = address?.associationId;
  if (holder === 'us' && associationId !== undefined) {
    steps.push({ kind: 'disassociate-address', associationId, publicIp });
  }
  return steps;
}

function planRecordEnd(wanted: WantedNothing, claim: ClaimToEnd, view: CloudView): CloudStep[] {
  const address = addressOf(claim, view);
  const value = address && ownerTagOf(address);
  if (address === undefined || value === undefined || !isRecordedAs(address, wanted)) return [];
  return [{ kind: 'untag-owner', allocationId: claim.allocationId, value }];
}

function addressOf({ allocationId }: ClaimToEnd, view: CloudView): ElasticIp | undefined {
  return view.addresses.find((one) => one.allocationId === allocationId);
}

function holderOf(
  address: ElasticIp | undefined,
  wanted: WantedNothing,
  claim: ClaimToEnd,
): 'nobody' | 'us' | 'somebody-else' {
  if (address?.associationId === undefined) return 'nobody';
  if (!isAt(address, wanted)) return 'somebody-else';
  if (isRecordedAs(address, wanted)) return 'us';
  if (ownerTagOf(address) !== undefined) return 'somebody-else';
  const isTheClaim =
    claim.associationId === undefined || address.associationId === claim.associationId;
  return isTheClaim ? 'us' : 'somebody-else';
}

function isRecordedAs(address: ElasticIp, wanted: WantedNothing): boolean {
  const record = ownerRecordOf(address);
  return record?.owner.uid === wanted.owner.uid && record.privateIp === wanted.privateIp;
}

/** False when the primary, gone already, or carrying an address that is not ours to end. */
function mayUnassign(wanted: WantedNothing, view: CloudView): boolean {
  const { claim } = wanted;
  const shown = view.networkInterface?.privateIpAddresses.find(
    (one) => one.privateIpAddress === wanted.privateIp,
  );
  if (shown === undefined || shown.primary) return false;
  const carried = shown.association?.allocationId;
  if (shown.association === undefined) return true;
  if (claim === undefined || carried !== claim.allocationId) return false;
  const address = view.addresses.find(({ allocationId }) => allocationId === carried);
  return holderOf(address, wanted, claim) === 'us';
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
