import type { Tag } from '../../cloud/ec2-api.ts';
import type { IpPermission, NetworkAclEntry } from '../../cloud/ec2-packet-filters.ts';
import type { Ec2Change } from './change.ts';
import type { SimulatedInstanceType } from './instance-types.ts';
import { refuse } from './refuse.ts';

export type Tags = Map<string, string>;

export interface Vpc {
  readonly vpcId: string;
  readonly cidr: string;
  /** EC2 gives a VPC a /56, or a block of the account's own. */
  readonly ipv6Cidr: string | undefined;
  readonly mainRouteTableId: string;
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

export interface NetworkInterfaceRecord {
  readonly networkInterfaceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly macAddress: string;
  sourceDestCheck: boolean;
  attachment: { readonly instanceId: string; readonly deviceIndex: number } | undefined;
  /** The first one is the primary. */
  privateIps: string[];
  /** Delegated /28 blocks; their addresses are not in `privateIps`. */
  ipv4Prefixes: string[];
  /** In canonical form. */
  ipv6Addresses: string[];
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
  association: Association | undefined;
  readonly tags: Tags;
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

/** How EC2 behaves where its documentation is silent, and the limits of the account. */
export interface CloudRules {
  /**
   * What `AllowReassociation=false` protects an Elastic IP from: `eni`, being taken by another network
   * interface; `privateIp`, also by another private IP of the same one. AWS promises only "another resource".
   */
  readonly claimScope: 'eni' | 'privateIp';
  /** A private IP that already has another Elastic IP, `AllowReassociation=false`: documented nowhere. */
  readonly occupiedPrivateIp: 'refuse' | 'displace';
  /**
   * DisassociateAddress of an association that ended before: AWS documents an idempotent operation, others
   * met InvalidAssociationID.NotFound.
   */
  readonly endedAssociation: 'refuse' | 'accept';
  /** The code for a private IP that another network interface holds: AWS documents both. */
  readonly privateIpTakenCode: 'InvalidParameterValue' | 'Resource.AlreadyAssociated';
  /** IPv4 addresses of a network interface whose instance does not say, with the primary one. */
  readonly privateIpsPerNetworkInterface: number;
  /** Routes of a route table, the local one not counted. */
  readonly routesPerTable: number;
  readonly tagsPerResource: number;
  readonly addressesPerRegion: number;
  /** Of instances that are made without one; default none. */
  readonly instanceType?: SimulatedInstanceType | undefined;
}

/** What holds unless a test says otherwise: the readings that refuse, and generous limits. */
export const defaultRules: Omit<CloudRules, 'claimScope' | 'instanceType'> = {
  occupiedPrivateIp: 'refuse',
  endedAssociation: 'refuse',
  privateIpTakenCode: 'InvalidParameterValue',
  privateIpsPerNetworkInterface: 15,
  routesPerTable: 50,
  tagsPerResource: 50,
  addressesPerRegion: 1000,
};

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
  /** Changes of the operation that is running. */
  readonly changes: Ec2Change[];
}

export function emptyCloud(region: string, rules: CloudRules): CloudState {
  return {
    region,
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

export function requireNetworkInterface(
  state: CloudState,
  networkInterfaceId: string,
): NetworkInterfaceRecord {
  if (!/^eni-[0-9a-f]+$/.test(networkInterfaceId)) {
    refuse('InvalidNetworkInterfaceId.Malformed', `Invalid id: "${networkInterfaceId}"`);
  }
  return (
    state.networkInterfaces.get(networkInterfaceId) ??
    refuse(
      'InvalidNetworkInterfaceID.NotFound',
      `The networkInterface ID '${networkInterfaceId}' does not exist`,
    )
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

export function requireAddress(state: CloudState, allocationId: string): AddressRecord {
  return (
    state.addresses.get(allocationId) ??
    refuse('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`)
  );
}

export function requireRouteTable(state: CloudState, routeTableId: string): RouteTableRecord {
  return (
    state.routeTables.get(routeTableId) ??
    refuse('InvalidRouteTableID.NotFound', `The routeTable ID '${routeTableId}' does not exist`)
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
