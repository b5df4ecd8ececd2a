import type { Tag } from '../../cloud/ec2/ec2-api.ts';
import type { IpPermission, NetworkAclEntry } from '../../cloud/ec2/ec2-packet-filters.ts';
import type { Ec2Change } from './change.ts';
import type { CloudRules } from './cloud-rules.ts';
import type { SimulatedInstanceType } from './instance-types.ts';
import type { PublicHostnameType } from './public-hostname.ts';
import { refuse } from './refuse.ts';
import type { ReverseDns } from './reverse-dns.ts';

export type Tags = Map<string, string>;

export interface Vpc {
  readonly vpcId: string;
  readonly cidr: string;
  /** EC2 gives a VPC a /56, or a block of the account's own. */
  readonly ipv6Cidr: string | undefined;
  readonly mainRouteTableId: string;
  /** The VPC that EC2 makes for an account. */
  readonly isDefault: boolean;
  internetGatewayId: string | undefined;
  readonly tags: Tags;
}

/** A gateway that is attached to a VPC is named by that VPC, too. */
export interface InternetGateway {
  readonly internetGatewayId: string;
  vpcId: string | undefined;
  readonly tags: Tags;
}

/**
 * A range of a subnet that EC2 gives nobody by itself: `explicit` for addresses that are asked for by name, `prefix` for
 * delegated prefixes only.
 */
export interface CidrReservation {
  readonly subnetCidrReservationId: string;
  readonly cidr: string;
  readonly reservationType: 'explicit' | 'prefix';
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly availabilityZone: string;
  /** A /64 of the VPC's. */
  readonly ipv6Cidr: string | undefined;
  readonly reservations: CidrReservation[];
  readonly tags: Tags;
}

/** How far an instance has come in its life. */
export type InstanceState = 'pending' | 'running' | 'stopped' | 'terminated';

export interface Instance {
  readonly instanceId: string;
  readonly instanceType: SimulatedInstanceType | undefined;
  /** IPv4 addresses per network interface, with the primary one: a property of the instance type. */
  readonly privateIpsPerNetworkInterface: number;
  state: InstanceState;
  readonly tags: Tags;
}

/** How an interface is on an instance; replaced as a whole. */
export interface Attachment {
  readonly instanceId: string;
  readonly deviceIndex: number;
  /** False: it outlives its instance, detached, with its addresses. */
  readonly deleteOnTermination: boolean;
}

export interface NetworkInterfaceRecord {
  readonly networkInterfaceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly macAddress: string;
  sourceDestCheck: boolean;
  description: string;
  publicHostnameType: PublicHostnameType | undefined;
  attachment: Attachment | undefined;
  /** The first one is the primary. */
  privateIps: string[];
  /** Delegated /28 blocks; their addresses are not in `privateIps`. */
  ipv4Prefixes: string[];
  /** In canonical form. */
  ipv6Addresses: string[];
  /** Delegated /80 blocks, in canonical form; their addresses are not in `ipv6Addresses`. */
  ipv6Prefixes: string[];
  /** None until a test puts it into one: then nothing is said of its security groups. */
  groupIds: string[];
  readonly tags: Tags;
}

/** One Elastic IP belongs to one (network interface, private IP), or to nobody. */
export interface Association {
  readonly associationId: string;
  readonly networkInterfaceId: string;
  readonly privateIp: string;
}

export interface AddressRecord {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly networkBorderGroup: string;
  /** Until then writes do not know it, on the region's clock. */
  readonly knownFromMs: number;
  association: Association | undefined;
  /** Replaced as a whole. */
  reverseDns: ReverseDns;
  readonly tags: Tags;
}

/** A private IP that EC2 said it had moved, and has not. */
export interface Reassignment {
  readonly privateIp: string;
  readonly networkInterfaceId: string;
  readonly dueMs: number;
}

export type RouteTarget =
  | { readonly kind: 'local' }
  | { readonly kind: 'gateway'; readonly gatewayId: string }
  | { readonly kind: 'network-interface'; readonly networkInterfaceId: string };

export interface RouteTableRecord {
  readonly routeTableId: string;
  readonly vpcId: string;
  /** By CIDR block, or by the id of a prefix list. */
  readonly routes: Map<string, RouteTarget>;
  readonly subnetIds: Set<string>;
  readonly tags: Tags;
}

export interface SecurityGroupRecord {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId: string;
  ipPermissions: readonly IpPermission[];
  ipPermissionsEgress: readonly IpPermission[];
  readonly tags: Tags;
}

export interface NetworkAclRecord {
  readonly networkAclId: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  entries: readonly NetworkAclEntry[];
  /** Ids of associations, by subnet. */
  readonly associations: Map<string, string>;
  readonly tags: Tags;
}

export interface PrefixListRecord {
  readonly prefixListId: string;
  readonly prefixListName: string;
  readonly maxEntries: number;
  entries: readonly string[];
  version: number;
  readonly tags: Tags;
}

/** All that the simulated region holds. Operations change it in one go, never across an await. */
export interface CloudState {
  readonly region: string;
  readonly rules: CloudRules;
  readonly vpcs: Map<string, Vpc>;
  readonly internetGateways: Map<string, InternetGateway>;
  readonly subnets: Map<string, Subnet>;
  readonly instances: Map<string, Instance>;
  readonly networkInterfaces: Map<string, NetworkInterfaceRecord>;
  readonly addresses: Map<string, AddressRecord>;
  readonly routeTables: Map<string, RouteTableRecord>;
  readonly securityGroups: Map<string, SecurityGroupRecord>;
  readonly networkAcls: Map<string, NetworkAclRecord>;
  readonly prefixLists: Map<string, PrefixListRecord>;
  readonly counters: Map<string, number>;
  readonly endedAssociations: Set<string>;
  readonly releasedAllocations: Set<string>;
  /** Private IPs on their way to another network interface, in the order of the calls. */
  readonly reassignments: Reassignment[];
  /** The region's time, in milliseconds. */
  readonly elapsed: () => number;
  /** Changes of the operation that is running. */
  readonly changes: Ec2Change[];
}

export function emptyCloud(
  region: string,
  rules: CloudRules,
  elapsed: CloudState['elapsed'],
): CloudState {
  return {
    region,
    reassignments: [],
    elapsed,
    rules,
    vpcs: new Map(),
    internetGateways: new Map(),
    subnets: new Map(),
    instances: new Map(),
    networkInterfaces: new Map(),
    addresses: new Map(),
    routeTables: new Map(),
    securityGroups: new Map(),
    networkAcls: new Map(),
    prefixLists: new Map(),
    counters: new Map(),
    endedAssociations: new Set(),
    releasedAllocations: new Set(),
    changes: [],
  };
}

/** The next id of a kind: the prefix and 17 hexadecimal digits, counted from 1. */
export function nextId(state: CloudState, prefix: string): string {
  return `${prefix}-${nextNumber(state, prefix).toString(16).padStart(17, '0')}`;
}

export function nextNumber(state: CloudState, what: string): number {
  const number = (state.counters.get(what) ?? 0) + 1;
  state.counters.set(what, number);
  return number;
}

export function tagsFrom(tags: Readonly<Record<string, string>> = {}): Tags {
  return new Map(Object.entries(tags));
}

export function tagList(tags: Tags): Tag[] {
  const list: Tag[] = [];
  for (const [key, value] of tags) list.push({ key, value });
  return list;
}

/** EC2 tells an id that cannot be one from one that is nothing's; the codes are spelled as EC2 spells them. */
export function requireWellFormed(id: string, prefix: string, ec2Code: string): void {
  if (!new RegExp(`^${prefix}-[0-9a-f]+$`).test(id)) refuse(ec2Code, `Invalid id: "${id}"`);
}

export function requireNetworkInterface(
  state: CloudState,
  networkInterfaceId: string,
): NetworkInterfaceRecord {
  const known = state.networkInterfaces.get(networkInterfaceId);
  if (known !== undefined) return known;
  requireWellFormed(networkInterfaceId, 'eni', 'InvalidNetworkInterfaceId.Malformed');
  return refuse(
    'InvalidNetworkInterfaceID.NotFound',
    `The networkInterface ID '${networkInterfaceId}' does not exist`,
  );
}

export function requireVpc(state: CloudState, vpcId: string): Vpc {
  return (
    state.vpcs.get(vpcId) ?? refuse('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`)
  );
}

export function requireSubnet(state: CloudState, subnetId: string): Subnet {
  return (
    state.subnets.get(subnetId) ??
    refuse('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`)
  );
}

export function requireAddress(
  state: CloudState,
  allocationId: string,
  ec2Code = 'InvalidAllocationID.NotFound',
): AddressRecord {
  return (
    state.addresses.get(allocationId) ??
    refuse(ec2Code, `The allocation ID '${allocationId}' does not exist`)
  );
}

export function requireRouteTable(state: CloudState, routeTableId: string): RouteTableRecord {
  const known = state.routeTables.get(routeTableId);
  if (known !== undefined) return known;
  requireWellFormed(routeTableId, 'rtb', 'InvalidRouteTableId.Malformed');
  return refuse(
    state.rules.unknownRouteTableCode,
    `The routeTable ID '${routeTableId}' does not exist`,
  );
}

/** The address that a private IP of a network interface carries. */
export function addressOn(
  state: CloudState,
  networkInterfaceId: string,
  privateIp: string,
): AddressRecord | undefined {
  for (const address of state.addresses.values()) {
    const { association } = address;
    if (association?.privateIp !== privateIp) continue;
    if (association.networkInterfaceId === networkInterfaceId) return address;
  }
  return undefined;
}
