import { dropAssociation } from './addresses.ts';
import { attach } from './attachments.ts';
import {
  nextId,
  nextNumber,
  requireNetworkInterface,
  requireRouteTable,
  requireWellFormed,
  requireSubnet,
  requireVpc,
  tagsFrom,
  type CloudState,
  type InstanceState,
  type NetworkInterfaceRecord,
  type RouteTableRecord,
  type Subnet,
} from './cloud-state.ts';
import { privateIpsOf, type SimulatedInstanceType } from './instance-types.ts';
import { ipv6CidrIn, noteIpv6, requireIpv6Cidr } from './ipv6-addresses.ts';
import { noteIpv6Prefix } from './ipv6-prefixes.ts';
import { associateDefaultNetworkAcl, createDefaultNetworkAcl } from './network-acls.ts';
import { freePrivateIps, holderOf } from './network-interfaces.ts';
import { addressesIn } from './prefixes.ts';
import { requireInterfaceQuota, requireTableQuota } from './quotas.ts';
import { refuse } from './refuse.ts';
import { requireSubnetCidr, requireUsable, requireVpcCidr } from './subnet-range.ts';
import { requireZone } from './zones.ts';

/** A VPC to make, with its main route table. */
export interface VpcSetup {
  readonly cidr: string;
  /** Default false: one that somebody made. */
  readonly isDefault?: boolean;
  /** Default: the VPC has no IPv6. */
  readonly ipv6Cidr?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A subnet to make. */
export interface SubnetSetup {
  readonly vpcId: string;
  readonly cidr: string;
  /** One of the region's, such as us-west-2a, or a Local Zone's, such as us-west-2-lax-1a; default the region's first. */
  readonly availabilityZone?: string | undefined;
  /** A /64 of the VPC's IPv6 block; default: the subnet has no IPv6. */
  readonly ipv6Cidr?: string | undefined;
  /** Default: the VPC's main route table, without an association of its own. */
  readonly routeTableId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A route table to make; it holds the local route. */
export interface RouteTableSetup {
  readonly vpcId: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** An instance to make. */
export interface InstanceSetup {
  readonly state?: InstanceState;
  /** Default that of the simulated account, or none. */
  readonly instanceType?: SimulatedInstanceType;
  /** With the primary one; default that of the type, then that of the simulated account. */
  readonly privateIpsPerNetworkInterface?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A network interface to make. */
export interface NetworkInterfaceSetup {
  readonly subnetId: string;
  /** The primary one; default the lowest free one of the subnet. */
  readonly privateIpAddress?: string;
  readonly macAddress?: string;
  readonly instanceId?: string;
  readonly deviceIndex?: number;
  /** EC2's default is true. */
  readonly sourceDestCheck?: boolean;
  /** Default true, as of an interface that an instance was run with; false: it outlives the instance. */
  readonly deleteOnTermination?: boolean;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export function createVpc(
  state: CloudState,
  setup: VpcSetup,
): { readonly vpcId: string; readonly mainRouteTableId: string } {
  const { ipv6Cidr, tags } = setup;
  const cidr = requireVpcCidr(setup.cidr);
  if (setup.isDefault === true && [...state.vpcs.values()].some((vpc) => vpc.isDefault)) {
    refuse('DefaultVpcAlreadyExists', 'There is a default VPC in the region already.');
  }
  const vpcId = nextId(state, 'vpc');
  const mainRouteTableId = nextId(state, 'rtb');
  state.vpcs.set(vpcId, {
    vpcId,
    cidr,
    ipv6Cidr: ipv6Cidr === undefined ? undefined : requireIpv6Cidr(ipv6Cidr),
    mainRouteTableId,
    isDefault: setup.isDefault ?? false,
    internetGatewayId: undefined,
    tags: tagsFrom(tags),
  });
  state.routeTables.set(mainRouteTableId, emptyTable(mainRouteTableId, vpcId, cidr));
  createDefaultNetworkAcl(state, vpcId);
  return { vpcId, mainRouteTableId };
}

function emptyTable(routeTableId: string, vpcId: string, cidr: string): RouteTableRecord {
  return {
    routeTableId,
    vpcId,
    routes: new Map([[cidr, { kind: 'local' }]]),
    subnetIds: new Set(),
    tags: new Map(),
  };
}

export function createRouteTable(
  state: CloudState,
  setup: RouteTableSetup,
): { readonly routeTableId: string } {
  const { cidr } = requireVpc(state, setup.vpcId);
  requireTableQuota(state, setup.vpcId);
  const routeTableId = nextId(state, 'rtb');
  const table = emptyTable(routeTableId, setup.vpcId, cidr);
  state.routeTables.set(routeTableId, { ...table, tags: tagsFrom(setup.tags) });
  return { routeTableId };
}

export function createSubnet(state: CloudState, setup: SubnetSetup): { readonly subnetId: string } {
  const vpc = requireVpc(state, setup.vpcId);
  const cidr = requireSubnetCidr(state, vpc, setup.cidr);
  const ipv6Cidr = ipv6CidrIn(state, vpc, setup.ipv6Cidr);
  const availabilityZone = requireZone(state, setup.availabilityZone);
  const subnetId = nextId(state, 'subnet');
  const { vpcId } = vpc;
  const own = { subnetId, vpcId, cidr, availabilityZone, ipv6Cidr };
  state.subnets.set(subnetId, { ...own, reservations: [], tags: tagsFrom(setup.tags) });
  associateDefaultNetworkAcl(state, { vpcId, subnetId });
  if (setup.routeTableId !== undefined) {
    requireRouteTable(state, setup.routeTableId).subnetIds.add(subnetId);
  }
  return { subnetId };
}

export function createInstance(
  state: CloudState,
  setup: InstanceSetup,
): { readonly instanceId: string } {
  const instanceId = nextId(state, 'i');
  const instanceType = setup.instanceType ?? state.rules.instanceType;
  const ofType = instanceType === undefined ? undefined : privateIpsOf(instanceType);
  state.instances.set(instanceId, {
    instanceId,
    instanceType,
    privateIpsPerNetworkInterface:
      setup.privateIpsPerNetworkInterface ?? ofType ?? state.rules.privateIpsPerNetworkInterface,
    state: setup.state ?? 'running',
    tags: tagsFrom(setup.tags),
  });
  return { instanceId };
}

/** What names an interface that was made. */
export interface CreatedNetworkInterface {
  readonly networkInterfaceId: string;
  readonly macAddress: string;
  readonly privateIpAddress: string;
}

export function createNetworkInterface(
  state: CloudState,
  setup: NetworkInterfaceSetup,
): CreatedNetworkInterface {
  const subnet = requireSubnet(state, setup.subnetId);
  const privateIpAddress = primaryIn(state, subnet, setup.privateIpAddress);
  requireInterfaceQuota(state);
  const networkInterfaceId = nextId(state, 'eni');
  const macAddress = setup.macAddress ?? macFrom(nextNumber(state, 'mac'));
  const eni: NetworkInterfaceRecord = {
    networkInterfaceId,
    vpcId: subnet.vpcId,
    subnetId: subnet.subnetId,
    macAddress,
    sourceDestCheck: setup.sourceDestCheck ?? true,
    description: setup.description ?? '',
    publicHostnameType: undefined,
    attachment: undefined,
    privateIps: [privateIpAddress],
    ipv4Prefixes: [],
    ipv6Addresses: [],
    ipv6Prefixes: [],
    groupIds: [],
    tags: tagsFrom(setup.tags),
  };
  attach(state, eni, { deleteOnTermination: true, ...setup });
  state.networkInterfaces.set(networkInterfaceId, eni);
  return { networkInterfaceId, macAddress, privateIpAddress };
}

function primaryIn(state: CloudState, subnet: Subnet, wanted: string | undefined): string {
  if (wanted === undefined) return freePrivateIps(state, subnet, 1)[0] ?? '';
  requireUsable(subnet, wanted);
  if (holderOf(state, subnet.vpcId, wanted) !== undefined) {
    refuse('InvalidIPAddress.InUse', `Address ${wanted} is in use.`);
  }
  return wanted;
}

/** A locally administered unicast MAC address (IEEE 802-2014, 8.4), the number in its last four octets. */
function macFrom(number: number): string {
  const octets = [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff);
  return [0x02, 0xec, ...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** Detaches and deletes an interface: its addresses are free again, routes to it become black holes. */
export function deleteNetworkInterface(state: CloudState, networkInterfaceId: string): void {
  const eni = requireNetworkInterface(state, networkInterfaceId);
  for (const address of state.addresses.values()) {
    if (address.association?.networkInterfaceId === networkInterfaceId) {
      dropAssociation(state, address);
    }
  }
  for (const privateIp of [...eni.privateIps, ...eni.ipv4Prefixes.flatMap(addressesIn)]) {
    state.changes.push({ kind: 'private-ip-unassigned', networkInterfaceId, privateIp });
  }
  for (const address of eni.ipv6Addresses) noteIpv6(state, 'ipv6-address-unassigned', eni, address);
  for (const prefix of eni.ipv6Prefixes)
    noteIpv6Prefix(state, 'ipv6-prefix-unassigned', eni, prefix);
  state.networkInterfaces.delete(networkInterfaceId);
}

export function setInstanceState(
  state: CloudState,
  instanceId: string,
  instanceState: InstanceState,
): void {
  requireWellFormed(instanceId, 'i', 'InvalidInstanceID.Malformed');
  const instance = state.instances.get(instanceId);
  if (instance === undefined) {
    refuse('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
  }
  instance.state = instanceState;
  if (instanceState !== 'terminated') return;
  for (const eni of state.networkInterfaces.values()) {
    if (eni.attachment?.instanceId !== instanceId) continue;
    if (eni.attachment.deleteOnTermination) deleteNetworkInterface(state, eni.networkInterfaceId);
    else eni.attachment = undefined;
  }
}
