import {
  hostCidr,
  isIpv4Address,
  parseIpv4Address,
  type Ipv4Address,
} from '../../identity/address.ts';
import type { OwnerRecord } from '../../identity/owner.ts';
import {
  doubtAbout,
  doubtAboutClaims,
  doubtAboutCluster,
  doubtAboutOwner,
  doubtAboutStray,
  isAlive,
} from '../doubt-about-pods.ts';
import type { ElasticIp, NetworkInterface, RouteTable } from '../ec2/ec2-api.ts';
import { judgeIpv6 } from '../ipv6/judge-ipv6.ts';
import type { LivePods } from '../liveness.ts';
import {
  carriesPoolTag,
  hasStrayRecord,
  ownerRecordOf,
  ownerTagOf,
  recordsAssigned,
  routeTo,
} from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { judgePrivateIps, placeKey } from './judge-private-ips.ts';
import { judgeRequest } from './judge-request.ts';

/** What EC2 has of one pool. */
export interface ObservedPool {
  readonly pool: string;
  /** Every Elastic IP with the pool's tag: those that live pods are seen with. */
  readonly allAddresses: readonly ElasticIp[];
  /** Those of them that are judged. */
  readonly addresses: readonly ElasticIp[];
  /**
   * Those that carry the pool's tag, those that its addresses or routes to them are on, and those that a record
   * on a free address names.
   */
  readonly networkInterfaces: readonly NetworkInterface[];
  /** Those with a route to one of its addresses. */
  readonly routeTables: readonly RouteTable[];
}

/** Something nobody holds any more, and the steps that take it away, in order. */
export interface Orphan {
  /** The same in every pass that sees it, and of nothing else: it names association and record, not only the address. */
  readonly key: string;
  /** What its key becomes as its own steps are carried out. */
  readonly laterKeys: readonly string[];
  readonly what: string;
  readonly subject: OrphanSubject;
  readonly steps: readonly CloudStep[];
}

export type OrphanSubject =
  | {
      readonly kind: 'address';
      readonly allocationId: string;
      readonly publicIp: Ipv4Address;
      readonly networkInterfaceId: string | undefined;
    }
  | { readonly kind: 'private-ip' | 'ipv6-address'; readonly networkInterfaceId: string };

/** Something that is held by no pod we know of, and yet is left alone. */
export interface Spared {
  readonly what: string;
  readonly why: string;
}

export interface ReapPlan {
  readonly orphans: readonly Orphan[];
  readonly spared: readonly Spared[];
  /** How many things were judged that are held, or look as if nobody held them any more. */
  readonly judged: number;
}

export type Verdict = { readonly orphan: Orphan } | { readonly spared: Spared } | 'in-use' | 'idle';

/**
 * Judges a pool, with EC2 read before the pods: one that appeared in between is spared, never robbed. An
 * address is an orphan when its owner does not live and its private IP is no live pod's; a secondary
 * private IP, when no live pod has it and its network interface carries the pool's tag; an IPv6 address, when its
 * record names a dead owner and this pool; a request for a handover, when who asks is dead, or the hold that it names has ended.
 */
export function planReap(observed: ObservedPool, live: LivePods): ReapPlan {
  const addresses = observed.addresses.map((address) => judgeAddress(address, observed, live));
  const ended = new Set(
    addresses.flatMap((verdict) =>
      typeof verdict === 'object' && 'orphan' in verdict
        ? verdict.orphan.steps.flatMap((step) =>
            step.kind === 'unassign-private-ip' ? [placeKey(step)] : [],
          )
        : [],
    ),
  );
  const privateIps = observed.networkInterfaces
    .filter((eni) => carriesPoolTag(eni, observed.pool))
    .flatMap((eni) => judgePrivateIps(eni, observed, live, ended));
  const ipv6 = observed.networkInterfaces.flatMap((eni) => judgeIpv6(eni, observed.pool, live));
  const requests = observed.addresses.map((address) => judgeRequest(address, live));
  const all = [...addresses, ...privateIps, ...ipv6, ...requests];
  const verdicts = all.filter((verdict) => verdict !== 'in-use' && verdict !== 'idle');
  return {
    judged: all.filter((verdict) => verdict !== 'idle').length,
    orphans: verdicts.flatMap((verdict) => ('orphan' in verdict ? [verdict.orphan] : [])),
    spared: verdicts.flatMap((verdict) => ('spared' in verdict ? [verdict.spared] : [])),
  };
}

/** Who has it next leaves another association, or another record. */
function addressKey(
  { allocationId }: ElasticIp,
  associationId: string | undefined,
  value: string | undefined,
): string {
  return `${allocationId} ${associationId ?? 'free'} ${value ?? 'unrecorded'}`;
}

/**
 * The association ends, the record goes, in this order or the other; what is left is free, or the private IP alone. A private IP that
 * a free address's record names is part of its key: one that shows up there later was assigned by somebody else.
 */
function keysOf(
  address: ElasticIp,
  steps: readonly CloudStep[],
): Pick<Orphan, 'key' | 'laterKeys'> {
  const { associationId } = address;
  const value = ownerTagOf(address);
  const places = steps.flatMap((step) =>
    step.kind === 'unassign-private-ip' ? [placeKey(step)] : [],
  );
  const withPlace = (key: string): string => [key, ...places].join(' ');
  const key = addressKey(address, associationId, value);
  const free = [value, undefined].map((left) => addressKey(address, undefined, left));
  const unrecorded = addressKey(address, associationId, undefined);
  return {
    key: associationId === undefined ? withPlace(key) : key,
    laterKeys: [...free, ...free.map(withPlace), unrecorded, ...places],
  };
}

function judgeAddress(address: ElasticIp, observed: ObservedPool, live: LivePods): Verdict {
  if (address.associationId === undefined) return judgeFreeAddress(address, observed, live);
  const { publicIp, privateIpAddress = '' } = address;
  const value = ownerTagOf(address);
  const record = ownerRecordOf(address);
  const what = `${publicIp} on ${privateIpAddress} of ${address.networkInterfaceId ?? 'no network interface'}`;
  const isOfLive = record !== undefined && isAlive(live, record.owner.uid);
  if (isOfLive && !hasStrayRecord(address)) return 'in-use';
  if (value !== undefined && record === undefined) {
    return { spared: { what, why: `its owner tag cannot be read: ${value}` } };
  }
  const doubt =
    doubtAboutCluster(live, record?.owner) ??
    doubtAbout(live, privateIpAddress, instanceOf(observed, address)) ??
    (isOfLive ? doubtAboutStray(record, observed.allAddresses) : undefined);
  if (doubt !== undefined) return { spared: { what, why: doubt } };
  return { orphan: describeOrphan(address, observed, live, what) };
}

/**
 * An associated address, with all that hangs on it. Its routes only when nobody can just have claimed it: EC2
 * compares no route's target when it deletes it. Else they wait until the address has been free for a while.
 */
function describeOrphan(
  address: ElasticIp,
  observed: ObservedPool,
  live: LivePods,
  what: string,
): Orphan {
  const { allocationId, associationId, networkInterfaceId, privateIpAddress } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const record = ownerRecordOf(address);
  // a live pod's record is not this association's, and another one of it stands: nothing is taken away under its name
  const isOfLive = record !== undefined && isAlive(live, record.owner.uid);
  const mayGo = doubtAboutClaims(live, observed.allAddresses, allocationId) === undefined;
  const steps = mayGo ? deletesOf(observed.routeTables, publicIp, networkInterfaceId) : [];
  if (associationId !== undefined) {
    steps.push({ kind: 'disassociate-address', associationId, publicIp });
  }
  const place = { networkInterfaceId, privateIp: privateIpAddress };
  steps.push(...planUnassign(observed, place, { allocationId, record }));
  const value = ownerTagOf(address);
  const untag: CloudStep[] =
    value === undefined ? [] : [{ kind: 'untag-owner', allocationId, value }];
  const subject = { kind: 'address' as const, allocationId, publicIp, networkInterfaceId };
  const ordered = isOfLive ? [...untag, ...steps] : [...steps, ...untag];
  return { ...keysOf(address, ordered), what, subject, steps: ordered };
}

/** The instance whose network interface a place is on; undefined when that is not known. */
function instanceOf(
  { networkInterfaces }: ObservedPool,
  place: { readonly networkInterfaceId?: string | undefined },
): string | undefined {
  const eni = networkInterfaces.find(
    ({ networkInterfaceId }) => networkInterfaceId === place.networkInterfaceId,
  );
  return eni?.attachment?.instanceId;
}

/** The record goes last: until then it says that the private IP is ours to take off. */
function planUnassign(
  observed: ObservedPool,
  place: {
    readonly networkInterfaceId: string | undefined;
    readonly privateIp: string | undefined;
  },
  of: { readonly allocationId: string; readonly record: OwnerRecord | undefined },
): CloudStep[] {
  const { privateIp } = place;
  const eni = observed.networkInterfaces.find(
    (one) => one.networkInterfaceId === place.networkInterfaceId,
  );
  const shown = eni?.privateIpAddresses.find((one) => one.privateIpAddress === privateIp);
  if (eni === undefined || shown?.primary !== false) return [];
  if (privateIp === undefined || !isIpv4Address(privateIp)) return [];
  // EC2 takes the Elastic IP off with it, whosever it is by now
  if (shown.association !== undefined && shown.association.allocationId !== of.allocationId) {
    return [];
  }
  const { networkInterfaceId } = eni;
  const isRecorded =
    of.record !== undefined && recordsAssigned(of.record, { networkInterfaceId, privateIp });
  if (!isRecorded && !carriesPoolTag(eni, observed.pool)) return [];
  return [{ kind: 'unassign-private-ip', networkInterfaceId, privateIp }];
}

/** Nobody holds it: routes to it lead nowhere; its record goes when its owner is dead. */
function judgeFreeAddress(address: ElasticIp, observed: ObservedPool, live: LivePods): Verdict {
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const what = `what is left of ${publicIp}, which is associated with nothing`;
  const value = ownerTagOf(address);
  const routes = leftRoutes(address, publicIp, observed);
  if (value === undefined && routes.length === 0) return 'idle';
  const doubtAboutRoutes = doubtAboutClaims(live, observed.allAddresses, allocationId);
  const doubtAboutRecord = value === undefined ? undefined : doubtAboutRecordOn(address, live);
  const steps: CloudStep[] = doubtAboutRoutes === undefined ? [...routes] : [];
  if (value !== undefined && doubtAboutRecord === undefined) {
    const record = ownerRecordOf(address);
    if (record?.privateIpAssignedByUs) {
      const doubt = doubtAbout(live, record.privateIp, instanceOf(observed, record));
      const unassign = planUnassign(observed, record, { allocationId, record });
      if (doubt === undefined) steps.push(...unassign);
    }
    steps.push({ kind: 'untag-owner', allocationId, value });
  }
  const why = doubtAboutRecord ?? doubtAboutRoutes ?? '';
  if (steps.length === 0) return { spared: { what, why } };
  const networkInterfaceId = undefined;
  const subject = { kind: 'address' as const, allocationId, publicIp, networkInterfaceId };
  return { orphan: { ...keysOf(address, steps), what, subject, steps } };
}

/** None when a network interface shows the address: then the describe of it is from before its claim. */
function leftRoutes(
  address: ElasticIp,
  publicIp: Ipv4Address,
  observed: ObservedPool,
): CloudStep[] {
  const isCarried = observed.networkInterfaces.some(({ privateIpAddresses }) =>
    privateIpAddresses.some(({ association }) => association?.publicIp === address.publicIp),
  );
  return isCarried ? [] : deletesOf(observed.routeTables, publicIp, undefined);
}

function doubtAboutRecordOn(address: ElasticIp, live: LivePods): string | undefined {
  const owner = ownerRecordOf(address)?.owner;
  if (owner === undefined) return `its owner tag cannot be read: ${ownerTagOf(address) ?? ''}`;
  return doubtAboutOwner(live, owner);
}

/** Deletes of the /32 routes to a public IP: those to one network interface, or to any. */
function deletesOf(
  routeTables: readonly RouteTable[],
  publicIp: Ipv4Address,
  only: string | undefined,
): CloudStep[] {
  const destination = hostCidr(publicIp);
  return routeTables.flatMap((table) => {
    const networkInterfaceId = routeTo(table, destination)?.networkInterfaceId;
    if (networkInterfaceId === undefined) return [];
    if (only !== undefined && networkInterfaceId !== only) return [];
    const { routeTableId } = table;
    return [{ kind: 'delete-route' as const, routeTableId, destination, networkInterfaceId }];
  });
}
