import { hostCidr, parseIpv4Address, type Cidr, type Ipv4Address } from '../identity/address.ts';
import { formatOwnerTag, reservedTagKey, type Owner } from '../identity/owner.ts';
import { isNamed, rankAddresses, type CoolDown } from './choose-address.ts';
import type { CloudStep } from './cloud-step.ts';
import type { ElasticIp, NetworkInterface, Tag } from './ec2-api.ts';
import { judgeOccupant, type Occupant } from './occupant.ts';
import { planNothing, staleRoutes, type WantedNothing } from './plan-nothing.ts';
import {
  hasPrivateIp,
  ownerRecordOf,
  ownerTagOf,
  recordsAssigned,
  routeTo,
  tagOf,
  viewAfter,
  type CloudView,
} from './view.ts';

/** One identity held by its owner on one private IP. */
export interface WantedIdentity {
  readonly kind: 'identity';
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  /** Allocation ids that are not to be claimed. */
  readonly excluded: readonly string[];
  /** An allocation whose claim got no answer. */
  readonly preferred?: string | undefined;
  /** Public addresses that a process before this one put on the link. */
  readonly standing?: readonly string[];
  /** The public IP, or allocation id, of the only address that will do. */
  readonly only?: string | undefined;
  /** Public IPs, or allocation ids, that will not do. */
  readonly never?: readonly string[];
  readonly coolDown?: CoolDown | undefined;
  /** When no address will do: how one more is made; undefined when none may be. */
  readonly allocation?: Allocation | undefined;
  /** The allocation that must be the one held; undefined before one is claimed. */
  readonly claimed?: string | undefined;
  /** True when we know that truetuple registered the private IP; the view may say so too. */
  readonly privateIpAssignedByUs: boolean;
  /** Routes are led to the address last, once the kernel is ready for it. */
  readonly withRoutes: boolean;
}

export interface Allocation {
  /** How many addresses the pool may have, all of them counted. */
  readonly upTo: number;
  /** The pool's among them. */
  readonly tags: readonly Tag[];
}

export type CloudWanted = WantedIdentity | WantedNothing;

/** Steps, or why there can be none. */
export type CloudPlan =
  | { readonly kind: 'steps'; readonly steps: readonly CloudStep[] }
  | { readonly kind: 'network-interface-gone' }
  /** The private IP carries a public address that is not of the pool. */
  | { readonly kind: 'foreign-address'; readonly publicIp: string }
  | { readonly kind: 'pool-empty' }
  /** The only one that will do is not in the pool, or not free, or reserved for another. */
  | { readonly kind: 'address-unavailable'; readonly address: string; readonly why: string }
  | { readonly kind: 'pool-exhausted'; readonly addresses: number; readonly excluded: number }
  /** The address that was claimed is no longer on our private IP. */
  | { readonly kind: 'claim-lost'; readonly allocationId: string }
  /** A route to the public address that leads to no network interface, so not of our making. */
  | { readonly kind: 'foreign-route'; readonly routeTableId: string; readonly destination: Cidr };

/**
 * Plans the cloud's half of one identity: what separates the view from what is wanted, in an order in
 * which each step may be the last one carried out. Up: source/destination check, private IP, a dead pod's
 * left-over on it, claim, owner tag, routes. The association is the lock: routes come after it.
 */
export function planCloud(wanted: CloudWanted, view: CloudView): CloudPlan {
  switch (wanted.kind) {
    case 'identity':
      return planIdentity(wanted, view);
    case 'nothing':
      return { kind: 'steps', steps: planNothing(wanted, view) };
    default:
      return wanted satisfies never;
  }
}

function planIdentity(wanted: WantedIdentity, view: CloudView): CloudPlan {
  const eni = view.networkInterface;
  if (eni === undefined) return { kind: 'network-interface-gone' };
  const occupant = judgeOccupant(wanted, view, eni);
  if (occupant.kind === 'foreign') {
    return { kind: 'foreign-address', publicIp: occupant.publicIp };
  }
  const { claimed } = wanted;
  const held = occupant.kind === 'ours' ? occupant.address : undefined;
  if (claimed !== undefined && held?.allocationId !== claimed) {
    return { kind: 'claim-lost', allocationId: claimed };
  }
  const cleared = planLeftOver(occupant, view, eni);
  const clean = cleared.reduce((now, step) => viewAfter(now, { step }), view);
  const address = held ?? rankAddresses(clean.addresses, wanted)[0];
  if (address === undefined) return planAllocation(wanted, clean) ?? exhausted(wanted, clean);
  const routes = wanted.withRoutes ? planRoutes(address, clean, eni) : [];
  if ('kind' in routes) return routes;
  const steps = [
    ...planInterface(wanted, eni),
    ...cleared,
    ...planClaim(wanted, address, eni, held !== undefined),
    ...planOwnerTag(wanted, address, { ...eni, isOurs: privateIpIsOurs(wanted, view) }),
    ...routes,
    ...planOldRecords(wanted, clean, { claimed: address, eni }),
  ];
  return { kind: 'steps', steps };
}

/** The address is known only once EC2 has answered: the next plan claims it. */
function planAllocation(
  { allocation, only }: WantedIdentity,
  view: CloudView,
): CloudPlan | undefined {
  if (allocation === undefined || only !== undefined) return undefined;
  if (view.addresses.length >= allocation.upTo) return undefined;
  return { kind: 'steps', steps: [{ kind: 'allocate-address', tags: allocation.tags }] };
}

function exhausted(wanted: WantedIdentity, view: CloudView): CloudPlan {
  const { only } = wanted;
  if (only !== undefined) {
    const why = whyUnavailable(view.addresses.find((one) => isNamed(one, only)));
    return { kind: 'address-unavailable', address: only, why };
  }
  const addresses = view.addresses.length;
  if (addresses === 0) return { kind: 'pool-empty' };
  return { kind: 'pool-exhausted', addresses, excluded: wanted.excluded.length };
}

function whyUnavailable(address: ElasticIp | undefined): string {
  if (address === undefined) return 'it is not in the pool';
  const { networkInterfaceId, privateIpAddress = '' } = address;
  if (networkInterfaceId !== undefined)
    return `${privateIpAddress} on ${networkInterfaceId} has it`;
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

/** A dead pod's address on a recycled private IP: its routes, its association, its owner tag. */
function planLeftOver(occupant: Occupant, view: CloudView, eni: NetworkInterface): CloudStep[] {
  if (occupant.kind !== 'left-over') return [];
  const { address, associationId } = occupant;
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const value = ownerTagOf(address);
  return [
    ...staleRoutes(view, publicIp, eni.networkInterfaceId),
    { kind: 'disassociate-address', associationId, publicIp },
    ...(value === undefined ? [] : [{ kind: 'untag-owner' as const, allocationId, value }]),
  ];
}

/**
 * Records of dead pods that had our private IP, on addresses that are free again: whoever has the private IP now
 * inherits the duty to take it off, and a late release of the dead one shall not find its record. Last,
 * when the duty stands in a record of our own.
 */
function planOldRecords(
  wanted: WantedIdentity,
  view: CloudView,
  now: { readonly claimed: ElasticIp; readonly eni: NetworkInterface },
): CloudStep[] {
  if (!wanted.withRoutes) return [];
  return oldRecordsOn(wanted, view, now.eni).flatMap((address) => {
    const value = ownerTagOf(address);
    if (value === undefined || address.allocationId === now.claimed.allocationId) return [];
    return [{ kind: 'untag-owner' as const, allocationId: address.allocationId, value }];
  });
}

function oldRecordsOn(
  wanted: Pick<WantedIdentity, 'privateIp' | 'owner'>,
  view: CloudView,
  { networkInterfaceId }: NetworkInterface,
): ElasticIp[] {
  return view.addresses.filter((address) => {
    const record = ownerRecordOf(address);
    return (
      address.associationId === undefined &&
      record?.privateIp === wanted.privateIp &&
      record.networkInterfaceId === networkInterfaceId &&
      record.owner.uid !== wanted.owner.uid
    );
  });
}

function planClaim(
  wanted: WantedIdentity,
  address: ElasticIp,
  eni: NetworkInterface,
  isHeld: boolean,
): CloudStep[] {
  if (isHeld) return [];
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const { networkInterfaceId } = eni;
  const { privateIp } = wanted;
  return [{ kind: 'associate-address', allocationId, publicIp, networkInterfaceId, privateIp }];
}

function planOwnerTag(
  wanted: WantedIdentity,
  address: ElasticIp,
  on: { readonly networkInterfaceId: string; readonly isOurs: boolean },
): CloudStep[] {
  const { owner, privateIp } = wanted;
  const { networkInterfaceId, isOurs: privateIpAssignedByUs } = on;
  const value = formatOwnerTag({ owner, privateIp, privateIpAssignedByUs, networkInterfaceId });
  if (ownerTagOf(address) === value) return [];
  return [{ kind: 'tag-owner', allocationId: address.allocationId, value }];
}

/**
 * True when truetuple registered the private IP: it is about to, it remembers, a record of ours says so, be
 * it on an address that we lost, or the record of the address on it does, be it a dead pod's, whose duty to
 * take it off passes to us.
 */
export function privateIpIsOurs(
  wanted: Pick<WantedIdentity, 'privateIp' | 'owner' | 'excluded' | 'privateIpAssignedByUs'>,
  view: CloudView,
): boolean {
  const eni = view.networkInterface;
  if (wanted.privateIpAssignedByUs || eni === undefined) return wanted.privateIpAssignedByUs;
  if (!hasPrivateIp(eni, wanted.privateIp)) return true;
  if (isRecordedAsOurs(wanted, view, eni)) return true;
  const occupant = judgeOccupant(wanted, view, eni);
  return occupant.kind !== 'none' && occupant.kind !== 'foreign' && occupant.privateIpAssignedByUs;
}

/** True when the record of a free address, or one of this pod's own, be its address lost, says so. */
function isRecordedAsOurs(
  { owner, privateIp }: Pick<WantedIdentity, 'privateIp' | 'owner'>,
  view: CloudView,
  { networkInterfaceId }: NetworkInterface,
): boolean {
  return view.addresses.some((address) => {
    const record = ownerRecordOf(address);
    const counts = address.associationId === undefined || record?.owner.uid === owner.uid;
    const place = { networkInterfaceId, privateIp };
    return counts && record !== undefined && recordsAssigned(record, place);
  });
}

function planRoutes(
  address: ElasticIp,
  view: CloudView,
  eni: NetworkInterface,
): CloudStep[] | (CloudPlan & { kind: 'foreign-route' }) {
  const { networkInterfaceId } = eni;
  const destination = hostCidr(parseIpv4Address(address.publicIp, 'public IP'));
  const steps: CloudStep[] = [];
  for (const table of view.routeTables) {
    const { routeTableId } = table;
    const route = routeTo(table, destination);
    if (route?.networkInterfaceId === networkInterfaceId) continue;
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
