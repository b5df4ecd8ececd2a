import type { ElasticIp, Filter, NetworkInterface, RouteTable } from '../../cloud/ec2/ec2-api.ts';
import {
  addressOn,
  requireAddress,
  requireNetworkInterface,
  requireRouteTable,
  tagList,
  type AddressRecord,
  type Attachment,
  type CloudState,
  type NetworkInterfaceRecord,
  type RouteTableRecord,
  type RouteTarget,
} from './cloud-state.ts';
import { filterResources, type FilterFields } from './filters.ts';
import { accountId } from './iam/iam-access.ts';
import type { PublicHostnameType } from './public-hostname.ts';
import { refuse } from './refuse.ts';

/** DescribeNetworkInterfaces, as wide as EC2 takes it. */
export interface DescribeInterfacesInput {
  readonly networkInterfaceIds?: readonly string[];
  readonly filters?: readonly Filter[];
  /** How many a page; the simulator itself answers all. */
  readonly maxResults?: number | undefined;
  /** True for a request that wants all there is in one answer, which EC2 refuses in large accounts. */
  readonly isUnpaged?: boolean;
}

/** DescribeNetworkInterfaces. */
export function describeNetworkInterfaces(
  state: CloudState,
  input: DescribeInterfacesInput,
): ShownNetworkInterface[] {
  requireNarrow(state, input);
  const asked =
    input.networkInterfaceIds === undefined
      ? state.networkInterfaces.values()
      : input.networkInterfaceIds.map((id) => requireNetworkInterface(state, id));
  return filterResources(state, asked, networkInterfaceFields, input.filters).map((eni) =>
    showNetworkInterface(state, eni),
  );
}

/** Filters by which few interfaces are asked for (API reference, DescribeNetworkInterfaces). */
const narrowFilters: ReadonlySet<string> = new Set([
  'attachment.instance-id',
  'group-id',
  'mac-address',
  'private-dns-name',
  'private-ip-address',
  'subnet-id',
  'vpc-id',
]);

function requireNarrow(state: CloudState, input: DescribeInterfacesInput): void {
  const { networkInterfaceIds, filters = [], isUnpaged = false } = input;
  if (!isUnpaged || networkInterfaceIds !== undefined) return;
  if (filters.some(({ name }) => narrowFilters.has(name))) return;
  const { networkInterfacesUnpaged: most = Infinity } = state.rules;
  if (state.networkInterfaces.size <= most) return;
  refuse(
    'OperationNotPermitted',
    `There are too many network interfaces (${state.networkInterfaces.size}) for one answer: ask for pages, or filter.`,
  );
}

const networkInterfaceFields: FilterFields<NetworkInterfaceRecord> = {
  'network-interface-id': (eni) => [eni.networkInterfaceId],
  'vpc-id': (eni) => [eni.vpcId],
  'subnet-id': (eni) => [eni.subnetId],
  'availability-zone': (eni, { subnets }) => [subnets.get(eni.subnetId)?.availabilityZone],
  'mac-address': (eni) => [eni.macAddress],
  'private-ip-address': (eni) => eni.privateIps,
  'addresses.private-ip-address': (eni) => eni.privateIps,
  'private-dns-name': (eni, { region }) => [privateDnsName(region, eni.privateIps[0] ?? '')],
  'ipv6-addresses.ipv6-address': (eni) => eni.ipv6Addresses,
  'addresses.association.public-ip': (eni, state) =>
    associatedWith(eni, state).map((one) => one.publicIp),
  'association.public-ip': (eni, state) => associatedWith(eni, state).map((one) => one.publicIp),
  'association.allocation-id': (eni, state) =>
    associatedWith(eni, state).map((one) => one.allocationId),
  'association.association-id': (eni, state) =>
    associatedWith(eni, state).map((one) => one.association?.associationId),
  // an interface is attached once at most: its own id names the attachment
  'attachment.attachment-id': (eni) => [
    eni.attachment && eni.networkInterfaceId.replace(/^eni-/, 'eni-attach-'),
  ],
  'attachment.instance-id': (eni) => [eni.attachment?.instanceId],
  'attachment.device-index': (eni) => [eni.attachment?.deviceIndex.toString()],
  'attachment.delete-on-termination': (eni) => [eni.attachment?.deleteOnTermination.toString()],
  description: (eni) => [eni.description],
  // all are somebody's own, and none is a load balancer's or the like
  'interface-type': () => ['interface'],
  'owner-id': () => [accountId],
  'requester-managed': () => ['false'],
  'attachment.status': (eni) => [eni.attachment && 'attached'],
  'group-id': (eni) => eni.groupIds,
  'source-dest-check': (eni) => [String(eni.sourceDestCheck)],
  status: (eni) => [eni.attachment === undefined ? 'available' : 'in-use'],
};

/** VPC user guide, "DNS attributes for your VPC". */
function privateDnsName(region: string, privateIp: string): string {
  const domain = region === 'us-east-1' ? 'ec2' : `${region}.compute`;
  return `ip-${privateIp.replaceAll('.', '-')}.${domain}.internal`;
}

function associatedWith(eni: NetworkInterfaceRecord, state: CloudState): AddressRecord[] {
  return [...state.addresses.values()].filter(
    ({ association }) => association?.networkInterfaceId === eni.networkInterfaceId,
  );
}

/** What the simulator says of an interface: more than truetuple asks. */
export interface ShownNetworkInterface extends NetworkInterface {
  readonly attachment?: NonNullable<NetworkInterface['attachment']> &
    Pick<Attachment, 'deleteOnTermination'>;
  /** Absent when it is empty. */
  readonly description?: string;
  /** Absent until it is chosen. */
  readonly publicHostnameType?: PublicHostnameType;
  /** Delegated /80 blocks; absent when there are none. */
  readonly ipv6Prefixes?: readonly string[];
}

function showNetworkInterface(
  state: CloudState,
  eni: NetworkInterfaceRecord,
): ShownNetworkInterface {
  const availabilityZone = state.subnets.get(eni.subnetId)?.availabilityZone;
  return {
    networkInterfaceId: eni.networkInterfaceId,
    vpcId: eni.vpcId,
    subnetId: eni.subnetId,
    ...(availabilityZone === undefined ? {} : { availabilityZone }),
    macAddress: eni.macAddress,
    sourceDestCheck: eni.sourceDestCheck,
    status: eni.attachment === undefined ? 'available' : 'in-use',
    ...(eni.description === '' ? {} : { description: eni.description }),
    ...(eni.publicHostnameType && { publicHostnameType: eni.publicHostnameType }),
    ...(eni.attachment === undefined
      ? {}
      : { attachment: { ...eni.attachment, status: 'attached' } }),
    privateIpAddresses: eni.privateIps.map((privateIpAddress, index) => {
      const address = addressOn(state, eni.networkInterfaceId, privateIpAddress);
      const shown = { privateIpAddress, primary: index === 0 };
      if (address?.association === undefined) return shown;
      const { publicIp, allocationId, association } = address;
      const { associationId } = association;
      return { ...shown, association: { publicIp, allocationId, associationId } };
    }),
    ...(eni.ipv4Prefixes.length === 0 ? {} : { ipv4Prefixes: [...eni.ipv4Prefixes] }),
    ...(eni.ipv6Addresses.length === 0 ? {} : { ipv6Addresses: [...eni.ipv6Addresses] }),
    ...(eni.ipv6Prefixes.length === 0 ? {} : { ipv6Prefixes: [...eni.ipv6Prefixes] }),
    ...(eni.groupIds.length === 0 ? {} : { groupIds: [...eni.groupIds] }),
    tags: tagList(eni.tags),
  };
}

/** DescribeAddresses: never paged. */
export function describeAddresses(
  state: CloudState,
  input: { readonly allocationIds?: readonly string[]; readonly filters?: readonly Filter[] },
): ElasticIp[] {
  const asked =
    input.allocationIds === undefined
      ? state.addresses.values()
      : input.allocationIds.map((id) => requireAddress(state, id));
  return filterResources(state, asked, addressFields, input.filters).map(showAddress);
}

const addressFields: FilterFields<AddressRecord> = {
  'allocation-id': (address) => [address.allocationId],
  'association-id': (address) => [address.association?.associationId],
  'public-ip': (address) => [address.publicIp],
  'private-ip-address': (address) => [address.association?.privateIp],
  'network-interface-id': (address) => [address.association?.networkInterfaceId],
  'instance-id': (address, state) => [
    state.networkInterfaces.get(address.association?.networkInterfaceId ?? '')?.attachment
      ?.instanceId,
  ],
  'network-border-group': (address) => [address.networkBorderGroup],
  domain: () => ['vpc'],
};

function showAddress(address: AddressRecord): ElasticIp {
  const { allocationId, publicIp, networkBorderGroup, association } = address;
  const shown = { allocationId, publicIp, networkBorderGroup, tags: tagList(address.tags) };
  if (association === undefined) return shown;
  const { associationId, networkInterfaceId, privateIp } = association;
  return {
    ...shown,
    associationId,
    networkInterfaceId,
    privateIpAddress: privateIp,
  };
}

/** DescribeRouteTables. */
export function describeRouteTables(
  state: CloudState,
  input: { readonly routeTableIds?: readonly string[]; readonly filters?: readonly Filter[] },
): RouteTable[] {
  const asked =
    input.routeTableIds === undefined
      ? state.routeTables.values()
      : input.routeTableIds.map((id) => requireRouteTable(state, id));
  return filterResources(state, asked, routeTableFields, input.filters).map((table) =>
    showRouteTable(state, table),
  );
}

const routeTableFields: FilterFields<RouteTableRecord> = {
  'route-table-id': (table) => [table.routeTableId],
  'vpc-id': (table) => [table.vpcId],
  'association.subnet-id': (table) => [...table.subnetIds],
  'association.main': (table, state) => [
    String(state.vpcs.get(table.vpcId)?.mainRouteTableId === table.routeTableId),
  ],
  'route.destination-cidr-block': (table) =>
    [...table.routes.keys()].filter((destination) => !isPrefixList(destination)),
  'route.destination-prefix-list-id': (table) => [...table.routes.keys()].filter(isPrefixList),
  'route.instance-id': (table, { networkInterfaces }) =>
    [...table.routes.values()].map((target) =>
      target.kind === 'network-interface'
        ? networkInterfaces.get(target.networkInterfaceId)?.attachment?.instanceId
        : undefined,
    ),
  'route.origin': (table) =>
    [...table.routes.values()].map(({ kind }) =>
      kind === 'local' ? 'CreateRouteTable' : 'CreateRoute',
    ),
  'route.gateway-id': (table, state) => shownRoutes(table, state).map((route) => route.gatewayId),
  'route.state': (table, state) => shownRoutes(table, state).map((route) => route.state),
};

function shownRoutes(table: RouteTableRecord, state: CloudState) {
  const { routes, prefixListRoutes = [] } = showRouteTable(state, table);
  return [...routes, ...prefixListRoutes];
}

function isPrefixList(destination: string): boolean {
  return destination.startsWith('pl-');
}

function showRouteTable(state: CloudState, table: RouteTableRecord): RouteTable {
  const routes: RouteTable['routes'][number][] = [];
  const prefixListRoutes: NonNullable<RouteTable['prefixListRoutes']>[number][] = [];
  for (const [destination, target] of table.routes) {
    const to = showTarget(state, target);
    if (isPrefixList(destination)) {
      prefixListRoutes.push({ destinationPrefixListId: destination, ...to });
    } else routes.push({ destinationCidrBlock: destination, ...to });
  }
  return {
    routeTableId: table.routeTableId,
    vpcId: table.vpcId,
    routes,
    ...(prefixListRoutes.length === 0 ? {} : { prefixListRoutes }),
    associatedSubnetIds: [...table.subnetIds],
    tags: tagList(table.tags),
  };
}

/** Gateways of other kinds are not simulated: they are always there. */
function gatewayState({ internetGateways }: CloudState, gatewayId: string): 'active' | 'blackhole' {
  const isThere = internetGateways.get(gatewayId)?.vpcId !== undefined;
  return isThere || !gatewayId.startsWith('igw-') ? 'active' : 'blackhole';
}

function showTarget(
  state: CloudState,
  target: RouteTarget,
): Omit<RouteTable['routes'][number], 'destinationCidrBlock'> {
  switch (target.kind) {
    case 'local':
      return { gatewayId: 'local', state: 'active' };
    case 'gateway':
      return { gatewayId: target.gatewayId, state: gatewayState(state, target.gatewayId) };
    case 'network-interface': {
      const { networkInterfaceId } = target;
      const isThere = state.networkInterfaces.get(networkInterfaceId)?.attachment !== undefined;
      return { networkInterfaceId, state: isThere ? 'active' : 'blackhole' };
    }
    default:
      return target satisfies never;
  }
}
