import type {
  Address,
  NetworkInterface as NetworkInterfaceShape,
  Route as RouteShape,
  RouteTable as RouteTableShape,
  Tag as TagShape,
} from '@aws-sdk/client-ec2';
import type { ElasticIp, NetworkInterface, RouteTable, Tag } from '../../cloud/ec2/ec2-api.ts';

/** A field that EC2's model marks optional and its answers always have. */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value !== undefined && value !== '') return value;
  throw new Error(`EC2's answer has no ${field}`);
}

/** The field, or nothing at all: an absent field stays absent. */
function optional<Key extends string>(
  key: Key,
  value: string | undefined,
): { readonly [name in Key]?: string } {
  if (value === undefined || value === '') return {};
  return { [key]: value } as { readonly [name in Key]?: string };
}

export function readTags(tags: readonly TagShape[] | undefined): Tag[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: required(Key, 'Key'), value: Value ?? '' }));
}

export function readNetworkInterface(shape: NetworkInterfaceShape): NetworkInterface {
  return {
    networkInterfaceId: required(shape.NetworkInterfaceId, 'NetworkInterfaceId'),
    vpcId: required(shape.VpcId, 'VpcId'),
    subnetId: required(shape.SubnetId, 'SubnetId'),
    ...optional('availabilityZone', shape.AvailabilityZone),
    macAddress: required(shape.MacAddress, 'MacAddress'),
    sourceDestCheck: shape.SourceDestCheck ?? true,
    status: shape.Status ?? 'unknown',
    ...readAttachment(shape.Attachment),
    privateIpAddresses: (shape.PrivateIpAddresses ?? []).map((one) => ({
      privateIpAddress: required(one.PrivateIpAddress, 'PrivateIpAddress'),
      primary: one.Primary ?? false,
      ...readAssociation(one.Association),
    })),
    ...readPrefixes(shape.Ipv4Prefixes),
    ...readIpv6Addresses(shape.Ipv6Addresses),
    ...readGroups(shape.Groups),
    tags: readTags(shape.TagSet),
  };
}

function readAttachment(
  shape: NetworkInterfaceShape['Attachment'],
): Pick<NetworkInterface, 'attachment'> {
  if (shape === undefined) return {};
  return {
    attachment: {
      status: shape.Status ?? 'unknown',
      ...optional('instanceId', shape.InstanceId),
      ...(shape.DeviceIndex === undefined ? {} : { deviceIndex: shape.DeviceIndex }),
    },
  };
}

function readAssociation(
  shape: NetworkInterfaceShape['Association'],
): Pick<NetworkInterface['privateIpAddresses'][number], 'association'> {
  if (shape?.PublicIp === undefined) return {};
  return {
    association: {
      publicIp: shape.PublicIp,
      ...optional('allocationId', shape.AllocationId),
      ...optional('associationId', shape.AssociationId),
    },
  };
}

function readPrefixes(
  shapes: NetworkInterfaceShape['Ipv4Prefixes'],
): Pick<NetworkInterface, 'ipv4Prefixes'> {
  const ipv4Prefixes = (shapes ?? []).flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []);
  return ipv4Prefixes.length === 0 ? {} : { ipv4Prefixes };
}

function readIpv6Addresses(
  shapes: NetworkInterfaceShape['Ipv6Addresses'],
): Pick<NetworkInterface, 'ipv6Addresses'> {
  const ipv6Addresses = (shapes ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []);
  return ipv6Addresses.length === 0 ? {} : { ipv6Addresses };
}

function readGroups(shapes: NetworkInterfaceShape['Groups']): Pick<NetworkInterface, 'groupIds'> {
  const groupIds = (shapes ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  return groupIds.length === 0 ? {} : { groupIds };
}

export function readElasticIp(shape: Address): ElasticIp {
  return {
    allocationId: required(shape.AllocationId, 'AllocationId'),
    publicIp: required(shape.PublicIp, 'PublicIp'),
    ...optional('networkBorderGroup', shape.NetworkBorderGroup),
    ...optional('associationId', shape.AssociationId),
    ...optional('networkInterfaceId', shape.NetworkInterfaceId),
    ...optional('privateIpAddress', shape.PrivateIpAddress),
    tags: readTags(shape.Tags),
  };
}

export function readRouteTable(shape: RouteTableShape): RouteTable {
  const routes = shape.Routes ?? [];
  // a route to an IPv6 block has neither destination and does not concern us
  const prefixListRoutes = routes.flatMap((route) => {
    const { DestinationPrefixListId: destinationPrefixListId } = route;
    return destinationPrefixListId === undefined
      ? []
      : [{ destinationPrefixListId, ...readTarget(route) }];
  });
  return {
    routeTableId: required(shape.RouteTableId, 'RouteTableId'),
    vpcId: required(shape.VpcId, 'VpcId'),
    routes: routes.flatMap((route) => {
      const { DestinationCidrBlock: destinationCidrBlock } = route;
      return destinationCidrBlock === undefined
        ? []
        : [{ destinationCidrBlock, ...readTarget(route) }];
    }),
    ...(prefixListRoutes.length === 0 ? {} : { prefixListRoutes }),
    associatedSubnetIds: (shape.Associations ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
    tags: readTags(shape.Tags),
  };
}

function readTarget(route: RouteShape): Omit<RouteTable['routes'][number], 'destinationCidrBlock'> {
  return {
    ...optional('networkInterfaceId', route.NetworkInterfaceId),
    ...optional('gatewayId', route.GatewayId),
    state: route.State === 'blackhole' ? 'blackhole' : 'active',
  };
}
