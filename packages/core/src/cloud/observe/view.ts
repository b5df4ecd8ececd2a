import { cidrContains, isCidr, type Cidr, type Ipv4Address } from '../../identity/address.ts';
import { ownerTagKey, parseOwnerTag, poolTagKey, type OwnerRecord } from '../../identity/owner.ts';
import type {
  AllocatedAddress,
  ElasticIp,
  NetworkInterface,
  RouteTable,
  Tag,
} from '../ec2/ec2-api.ts';
import { tagKeyOf, type CloudStep } from '../steps/cloud-step.ts';

/** What plans are made from, for one identity or for many. */
export interface CloudView {
  /** Those of the identities' links; one that is gone is not among them. */
  readonly networkInterfaces: readonly NetworkInterface[];
  /** The pool's addresses, or for a release the one that was held. */
  readonly addresses: readonly ElasticIp[];
  /** The route tables that shall lead, or led, to the public address. */
  readonly routeTables: readonly RouteTable[];
}

/** A write of ours that EC2 answered. */
export interface OwnWrite {
  readonly step: CloudStep;
  /** As Clock.elapsed. */
  readonly answeredAtMs?: number;
  /** Of an association. */
  readonly associationId?: string;
  /** True when EC2 said that it made nothing: what was wanted was there. */
  readonly wasThere?: boolean;
  /** Of an allocation. */
  readonly allocated?: AllocatedAddress;
}

/** A private IP on a network interface: what an Elastic IP is associated with. */
export interface PrivateIpPlace {
  readonly networkInterfaceId: string;
  readonly privateIp: Ipv4Address;
}

/** The view once EC2 has done a step; for a step that is not applicable, the view as it was. */
export function viewAfter(view: CloudView, write: OwnWrite): CloudView {
  const { step, associationId } = write;
  switch (step.kind) {
    case 'allocate-address':
      return allocatedTo(view, step.tags, write.allocated);
    case 'disable-source-dest-check':
      return changeInterface(view, step.networkInterfaceId, (eni) => ({
        ...eni,
        sourceDestCheck: false,
      }));
    case 'assign-private-ip':
      return changeInterface(view, step.networkInterfaceId, (eni) =>
        withPrivateIp(eni, step.privateIp),
      );
    case 'unassign-private-ip':
      return changeInterface(view, step.networkInterfaceId, (eni) => ({
        ...eni,
        privateIpAddresses: eni.privateIpAddresses.filter(
          (one) => one.privateIpAddress !== step.privateIp,
        ),
      }));
    case 'associate-address':
      return associated(view, step, associationId ?? `planned ${step.allocationId}`);
    case 'disassociate-address':
      return disassociated(view, step.associationId);
    case 'tag-owner':
    case 'tag-released':
    case 'tag-handover': {
      const tag = { key: tagKeyOf(step), value: step.value };
      return changeTags(view, step.allocationId, (tags) => [
        ...tags.filter(({ key }) => key !== tag.key),
        tag,
      ]);
    }
    case 'untag-owner':
    case 'untag-handover':
      return changeTags(view, step.allocationId, (tags) =>
        tags.filter(({ key, value }) => key !== tagKeyOf(step) || value !== step.value),
      );
    case 'create-route':
    case 'replace-route':
    case 'delete-route':
      return routed(view, step);
    // no plan is made from the IPv6 side of a view
    case 'assign-ipv6-address':
    case 'unassign-ipv6-address':
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
      return view;
    default:
      return step satisfies never;
  }
}

function allocatedTo(
  view: CloudView,
  tags: readonly Tag[],
  allocated: AllocatedAddress | undefined,
): CloudView {
  const { addresses } = view;
  if (allocated === undefined) return view;
  if (addresses.some((one) => one.allocationId === allocated.allocationId)) return view;
  return { ...view, addresses: [...addresses, { ...allocated, tags }] };
}

function changeInterface(
  view: CloudView,
  networkInterfaceId: string,
  change: (eni: NetworkInterface) => NetworkInterface,
): CloudView {
  const networkInterfaces = view.networkInterfaces.map((eni) =>
    eni.networkInterfaceId === networkInterfaceId ? change(eni) : eni,
  );
  return { ...view, networkInterfaces };
}

function withPrivateIp(eni: NetworkInterface, privateIp: Ipv4Address): NetworkInterface {
  if (hasPrivateIp(eni, privateIp)) return eni;
  const added = { privateIpAddress: privateIp, primary: false };
  return { ...eni, privateIpAddresses: [...eni.privateIpAddresses, added] };
}

function associated(
  view: CloudView,
  step: CloudStep & { kind: 'associate-address' },
  associationId: string,
): CloudView {
  const { networkInterfaceId, privateIp, allocationId, publicIp } = step;
  const addresses = view.addresses.map((address) => {
    if (address.allocationId === allocationId) {
      return { ...address, associationId, networkInterfaceId, privateIpAddress: privateIp };
    }
    return isAt(address, step) ? freed(address) : address;
  });
  return changeInterface({ ...view, addresses }, networkInterfaceId, (eni) => ({
    ...eni,
    privateIpAddresses: eni.privateIpAddresses.map((one) =>
      one.privateIpAddress === privateIp
        ? { ...one, association: { publicIp, allocationId, associationId } }
        : one,
    ),
  }));
}

function disassociated(view: CloudView, associationId: string): CloudView {
  return {
    ...view,
    addresses: view.addresses.map((address) =>
      address.associationId === associationId ? freed(address) : address,
    ),
    networkInterfaces: view.networkInterfaces.map((eni) => ({
      ...eni,
      privateIpAddresses: eni.privateIpAddresses.map((one) => {
        if (one.association?.associationId !== associationId) return one;
        const { association: _association, ...rest } = one;
        return rest;
      }),
    })),
  };
}

function freed(address: ElasticIp): ElasticIp {
  const { associationId: _id, networkInterfaceId: _eni, privateIpAddress: _ip, ...rest } = address;
  return rest;
}

function changeTags(
  view: CloudView,
  allocationId: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): CloudView {
  const addresses = view.addresses.map((address) =>
    address.allocationId === allocationId ? { ...address, tags: change(address.tags) } : address,
  );
  return { ...view, addresses };
}

function routed(
  view: CloudView,
  step: CloudStep & { kind: 'create-route' | 'replace-route' | 'delete-route' },
): CloudView {
  const { networkInterfaceId, destination } = step;
  const routeTables = view.routeTables.map((table) => {
    if (table.routeTableId !== step.routeTableId) return table;
    const before = routeTo(table, destination);
    if (step.kind === 'delete-route' && before?.networkInterfaceId !== networkInterfaceId) {
      return table;
    }
    const others = table.routes.filter((route) => route !== before);
    if (step.kind === 'delete-route') return { ...table, routes: others };
    const state = before?.networkInterfaceId === networkInterfaceId ? before.state : 'active';
    const route = { destinationCidrBlock: destination, networkInterfaceId, state };
    return { ...table, routes: [...others, route] };
  });
  return { ...view, routeTables };
}

export function interfaceOf(
  { networkInterfaces }: Pick<CloudView, 'networkInterfaces'>,
  networkInterfaceId: string,
): NetworkInterface | undefined {
  return networkInterfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
}

export function showsTable({ routeTables }: CloudView, routeTableId: string): boolean {
  return routeTables.some((table) => table.routeTableId === routeTableId);
}

export function routeTo(
  table: RouteTable,
  destination: Cidr,
): RouteTable['routes'][number] | undefined {
  return table.routes.find((route) => route.destinationCidrBlock === destination);
}

/** What a network interface is shown to have on a private IP. */
export function shownOn(
  view: Pick<CloudView, 'networkInterfaces'>,
  { networkInterfaceId, privateIp }: PrivateIpPlace,
): NetworkInterface['privateIpAddresses'][number] | undefined {
  const eni = interfaceOf(view, networkInterfaceId);
  return eni?.privateIpAddresses.find((one) => one.privateIpAddress === privateIp);
}

/** True for an address that is listed, and for one inside a delegated prefix, which EC2 does not list. */
export function hasPrivateIp(eni: NetworkInterface, privateIp: Ipv4Address): boolean {
  return (
    eni.privateIpAddresses.some((one) => one.privateIpAddress === privateIp) ||
    (eni.ipv4Prefixes ?? []).some((prefix) => isCidr(prefix) && cidrContains(prefix, privateIp))
  );
}

export function isAt(address: ElasticIp, place: PrivateIpPlace): boolean {
  return (
    address.networkInterfaceId === place.networkInterfaceId &&
    address.privateIpAddress === place.privateIp
  );
}

/** The value of a tag; undefined without it. */
export function tagOf(address: ElasticIp, name: string): string | undefined {
  return address.tags.find(({ key }) => key === name)?.value;
}

/** The owner tag's value, readable or not. */
export function ownerTagOf(address: ElasticIp): string | undefined {
  return tagOf(address, ownerTagKey);
}

/** The owner record; undefined when there is none, or none that can be read. */
export function ownerRecordOf(address: ElasticIp): OwnerRecord | undefined {
  const value = ownerTagOf(address);
  return value === undefined ? undefined : parseOwnerTag(value);
}

/**
 * True for a record of another private IP of the network interface than the address is on: EC2 let a later claim take
 * it (`claimScope` eni), and the earlier one's CreateTags came last. It says nothing of the association that stands.
 */
export function hasStrayRecord(address: ElasticIp): boolean {
  const record = ownerRecordOf(address);
  return namesAnotherPlace(address) && address.networkInterfaceId === record?.networkInterfaceId;
}

/** True for a record of a private IP, or of a network interface, that the address is not on: it is not that of who claimed it there. */
export function namesAnotherPlace(address: ElasticIp): boolean {
  const record = ownerRecordOf(address);
  return record !== undefined && !isAt(address, record);
}

/** True when a record says that truetuple registered the private IP there: it may be another one's elsewhere. */
export function recordsAssigned(
  record: OwnerRecord,
  { networkInterfaceId, privateIp }: PrivateIpPlace,
): boolean {
  return (
    record.privateIpAssignedByUs &&
    record.privateIp === privateIp &&
    record.networkInterfaceId === networkInterfaceId
  );
}

/** True for a network interface whose secondary private IPs are truetuple's to assign and to take off. */
export function carriesPoolTag(eni: Pick<NetworkInterface, 'tags'>, pool: string): boolean {
  return eni.tags.some(({ key, value }) => key === poolTagKey && value === pool);
}
