import { hostCidr, parseIpv4Address } from '../../identity/address.ts';
import { formatOwnerTag, reservedTagKey } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { isAskedByAnother, requestOn } from '../observe/shown-request.ts';
import {
  hasPrivateIp,
  hasStrayRecord,
  interfaceOf,
  ownerRecordOf,
  ownerTagOf,
  routeTo,
  tagOf,
  viewAfter,
  type CloudView,
} from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { isNamed } from './choose-address.ts';
import { borderGroupToAskFor, isOfOtherBorderGroup } from './network-border-group.ts';
import { isOwnLeftOver, judgeOccupant, type Occupant } from './occupant.ts';
import type { CloudPlan, WantedIdentity } from './plan-cloud.ts';
import { staleRoutes } from './plan-nothing.ts';
import { privateIpIsOurs } from './private-ip-duty.ts';

/** What is known of one identity before it is known which address it gets. */
export type PreparedPlan =
  | {
      readonly kind: 'prepared';
      readonly view: CloudView;
      readonly eni: NetworkInterface;
      /** What its private IP carries of its own. */
      readonly held: ElasticIp | undefined;
      /** True when that may have ended, and is to be claimed again. */
      readonly isUnproven: boolean;
      /** The steps that end what a dead pod left on it. */
      readonly cleared: readonly CloudStep[];
      /** The view once they are done. */
      readonly clean: CloudView;
    }
  | Exclude<CloudPlan, { readonly kind: 'steps' }>;

type Prepared = Extract<PreparedPlan, { readonly kind: 'prepared' }>;

/** Judges what an identity's private IP carries, and how it is cleared. */
export function preparePlan(wanted: WantedIdentity, view: CloudView): PreparedPlan {
  const eni = interfaceOf(view, wanted.networkInterfaceId);
  if (eni === undefined) return { kind: 'network-interface-gone' };
  const occupant = judgeOccupant(wanted, view, eni);
  if (occupant.kind === 'foreign') {
    return { kind: 'foreign-address', publicIp: occupant.publicIp };
  }
  const { claimed } = wanted;
  const held = occupant.kind === 'ours' ? occupant.address : undefined;
  const isUnproven =
    occupant.kind === 'ours' && wanted.proven?.includes(occupant.associationId) === false;
  if (claimed !== undefined && held?.allocationId !== claimed) {
    return { kind: 'claim-lost', allocationId: claimed };
  }
  const cleared = planLeftOver(occupant, wanted, view);
  const clean = cleared.reduce((now, step) => viewAfter(now, { step }), view);
  return { kind: 'prepared', view, eni, held, isUnproven, cleared, clean };
}

/**
 * Up: source/destination check, private IP, a dead pod's left-over on it, claim, owner tag, routes. The association is the lock:
 * routes come after it.
 */
export function finishPlan(
  wanted: WantedIdentity,
  prepared: Prepared,
  chosen: ElasticIp | undefined,
  allocating: number,
): CloudPlan {
  const { view, eni, held, isUnproven, cleared, clean } = prepared;
  const address = held ?? chosen;
  if (address === undefined) {
    const own = ownStrayRecords(wanted, clean);
    if (own.length > 0) return { kind: 'steps', steps: own };
    return planAllocation(wanted, prepared, allocating) ?? exhausted(wanted, prepared);
  }
  const routes = wanted.withRoutes ? planRoutes(address, wanted, clean) : [];
  if ('kind' in routes) return routes;
  const steps = [
    ...planInterface(wanted, eni),
    ...cleared,
    ...planClaim(wanted, address, held !== undefined && !isUnproven),
    ...planOwnerTag(wanted, address, privateIpIsOurs(wanted, view)),
    ...planOwnRequest(wanted, address),
    ...routes,
    ...planOldRecords(wanted, clean, address),
  ];
  return { kind: 'steps', steps };
}

/**
 * A record of its own that came late, on an address that another private IP has: under a living pod's name the reaper leaves what a
 * dead one left there, and it may be what this one waits for. Whose the address is goes by the association (decision 0025).
 */
function ownStrayRecords({ owner, leavesRoutes }: WantedIdentity, view: CloudView): CloudStep[] {
  if (leavesRoutes === true) return [];
  return view.addresses.flatMap((address) => {
    const value = ownerTagOf(address);
    const isOwn = ownerRecordOf(address)?.owner.uid === owner.uid && hasStrayRecord(address);
    if (!isOwn || value === undefined) return [];
    return [{ kind: 'untag-owner' as const, allocationId: address.allocationId, value }];
  });
}

/** The address is known only once EC2 has answered: the next plan claims it. */
function planAllocation(
  { allocation, only }: WantedIdentity,
  { clean, eni }: Prepared,
  allocating: number,
): CloudPlan | undefined {
  if (allocation === undefined || only !== undefined) return undefined;
  if (clean.addresses.length + allocating >= allocation.upTo) return undefined;
  const { tags } = allocation;
  const networkBorderGroup = borderGroupToAskFor(eni.availabilityZone);
  return { kind: 'steps', steps: [{ kind: 'allocate-address', tags, networkBorderGroup }] };
}

function exhausted({ only, excluded }: WantedIdentity, { clean, eni }: Prepared): CloudPlan {
  const would = clean.addresses.filter((one) => only === undefined || isNamed(one, only));
  const elsewhere = would.filter((one) => isOfOtherBorderGroup(one, eni)).length;
  const addresses = would.length;
  if (elsewhere > 0 && elsewhere === addresses) {
    return { kind: 'other-border-group', addresses: would, eni, only };
  }
  if (only !== undefined) {
    return { kind: 'address-unavailable', address: only, why: whyUnavailable(would[0]) };
  }
  if (addresses === 0) return { kind: 'pool-empty' };
  return { kind: 'pool-exhausted', addresses, excluded: excluded.length, elsewhere };
}

function whyUnavailable(address: ElasticIp | undefined): string {
  if (address === undefined) return 'it is not in the pool';
  const { networkInterfaceId, privateIpAddress = '' } = address;
  if (networkInterfaceId !== undefined)
    return `${privateIpAddress} on ${networkInterfaceId} has it`;
  const by = requestOn(address)?.by;
  if (by !== undefined) return `${by.namespace}/${by.pod} has asked for it`;
  const reserved = tagOf(address, reservedTagKey);
  return reserved === undefined ? 'it could not be had' : `it is reserved for ${reserved}`;
}

function planInterface(wanted: WantedIdentity, eni: NetworkInterface): CloudStep[] {
  const { networkInterfaceId } = eni;
  const { privateIp } = wanted;
  const steps: CloudStep[] = [];
  if (eni.sourceDestCheck) steps.push({ kind: 'disable-source-dest-check', networkInterfaceId });
  if (!hasPrivateIp(eni, privateIp)) {
    steps.push({ kind: 'assign-private-ip', networkInterfaceId, privateIp });
  }
  return steps;
}

/**
 * An address on our private IP that is not to stay there: its routes, its association, its owner tag. One that is shown on
 * another place beside this one has been claimed there: routes and record are that place's, and only the association
 * that is shown here is ended, by its id.
 */
function planLeftOver(occupant: Occupant, wanted: WantedIdentity, view: CloudView): CloudStep[] {
  if (occupant.kind !== 'left-over') return [];
  const { address, associationId } = occupant;
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const end = { kind: 'disassociate-address' as const, associationId, publicIp };
  if (address.associationId !== undefined && address.associationId !== associationId) return [end];
  const value = recordsAnotherPlace(address, wanted) ? undefined : ownerTagOf(address);
  return [
    ...(mayDeleteRoutes(occupant, wanted)
      ? staleRoutes(view, publicIp, wanted.networkInterfaceId)
      : []),
    end,
    ...(value === undefined ? [] : [{ kind: 'untag-owner' as const, allocationId, value }]),
  ];
}

/** Of somebody who may be claiming it there: it says nothing of what is here (decision 0025), and a reaper takes it when he is dead. */
function recordsAnotherPlace(
  address: ElasticIp,
  { privateIp, networkInterfaceId }: WantedIdentity,
): boolean {
  const record = ownerRecordOf(address);
  return (
    record !== undefined &&
    (record.privateIp !== privateIp || record.networkInterfaceId !== networkInterfaceId)
  );
}

/**
 * EC2 compares no target when it deletes a route, and a dead pod's association that a describe shows may have ended: its
 * address, and the routes to it, may be another's on the same network interface by now. Who has the address next replaces them, and
 * the reaper takes them while it is free.
 */
function mayDeleteRoutes(
  occupant: Extract<Occupant, { readonly kind: 'left-over' }>,
  wanted: WantedIdentity,
): boolean {
  if (wanted.leavesRoutes === true) return false;
  return (
    wanted.proven === undefined ||
    (isOwnLeftOver(occupant, wanted) && !isAskedByAnother(occupant.address, wanted))
  );
}

/**
 * Records of dead pods that had our private IP, on addresses that are free again: whoever has the private IP now
 * inherits the duty to take it off, and a late release of the dead one shall not find its record. Last,
 * when the duty stands in a record of our own.
 */
function planOldRecords(wanted: WantedIdentity, view: CloudView, claimed: ElasticIp): CloudStep[] {
  if (!wanted.withRoutes) return [];
  return oldRecordsOn(wanted, view).flatMap((address) => {
    const value = ownerTagOf(address);
    if (value === undefined || address.allocationId === claimed.allocationId) return [];
    return [{ kind: 'untag-owner' as const, allocationId: address.allocationId, value }];
  });
}

function oldRecordsOn(
  { privateIp, networkInterfaceId, owner }: WantedIdentity,
  view: CloudView,
): ElasticIp[] {
  return view.addresses.filter((address) => {
    const record = ownerRecordOf(address);
    return (
      address.associationId === undefined &&
      record?.privateIp === privateIp &&
      record.networkInterfaceId === networkInterfaceId &&
      record.owner.uid !== owner.uid
    );
  });
}

function planClaim(
  { networkInterfaceId, privateIp }: WantedIdentity,
  address: ElasticIp,
  isHeld: boolean,
): CloudStep[] {
  if (isHeld) return [];
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  return [{ kind: 'associate-address', allocationId, publicIp, networkInterfaceId, privateIp }];
}

function planOwnerTag(
  { owner, privateIp, networkInterfaceId, stale }: WantedIdentity,
  address: ElasticIp,
  privateIpAssignedByUs: boolean,
): CloudStep[] {
  const value = formatOwnerTag({ owner, privateIp, privateIpAssignedByUs, networkInterfaceId });
  if (ownerTagOf(address) === value && stale?.isRecordStale !== true) return [];
  return [{ kind: 'tag-owner', allocationId: address.allocationId, value }];
}

/** It asked for the address, and has it. */
function planOwnRequest({ owner, withRoutes }: WantedIdentity, address: ElasticIp): CloudStep[] {
  const { allocationId } = address;
  const request = requestOn(address);
  if (request?.by.uid !== owner.uid || !withRoutes) return [];
  return [{ kind: 'untag-handover', allocationId, value: request.value }];
}

function planRoutes(
  address: ElasticIp,
  { networkInterfaceId, routeTableIds, stale }: WantedIdentity,
  view: CloudView,
): CloudStep[] | (CloudPlan & { kind: 'foreign-route' }) {
  const destination = hostCidr(parseIpv4Address(address.publicIp, 'public IP'));
  const steps: CloudStep[] = [];
  for (const table of view.routeTables) {
    const { routeTableId } = table;
    if (routeTableIds?.includes(routeTableId) === false) continue;
    const route = routeTo(table, destination);
    const isStale = stale?.routeTableIds.includes(routeTableId) === true;
    if (route?.networkInterfaceId === networkInterfaceId && !isStale) continue;
    // a black hole's target is gone: it was one to a network interface
    const isOfOthers = route?.networkInterfaceId === undefined && route?.state !== 'blackhole';
    if (route !== undefined && isOfOthers) {
      return { kind: 'foreign-route', routeTableId, destination };
    }
    const kind = route === undefined ? 'create-route' : 'replace-route';
    steps.push({ kind, routeTableId, destination, networkInterfaceId });
  }
  return steps;
}
