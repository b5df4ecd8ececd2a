import type {
  Address,
  NetworkInterface as SdkNetworkInterface,
  RouteTable as SdkRouteTable,
  Tag as SdkTag,
} from '@aws-sdk/client-ec2';
import type { ElasticIp, NetworkInterface, RouteTable, Tag } from '../../cloud/ec2-api.ts';

/** The SDK types every field as optional; EC2 always sends the ones that are read here as text. */
function text(value: string | undefined): string {
  return value ?? '';
}

function readTags(tags: readonly SdkTag[] | undefined): Tag[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: text(Key), value: text(Value) }));
}

export function readNetworkInterface(from: SdkNetworkInterface): NetworkInterface {
  const attachment = from.Attachment;
  return {
    networkInterfaceId: text(from.NetworkInterfaceId),
    vpcId: text(from.VpcId),
    subnetId: text(from.SubnetId),
    macAddress: text(from.MacAddress),
    sourceDestCheck: from.SourceDestCheck ?? true,
    status: text(from.Status),
    ...(attachment === undefined
      ? {}
      : {
          attachment: {
            ...(attachment.InstanceId === undefined ? {} : { instanceId: attachment.InstanceId }),
            ...(attachment.DeviceIndex === undefined
              ? {}
              : { deviceIndex: attachment.DeviceIndex }),
            status: text(attachment.Status),
          },
        }),
    privateIpAddresses: (from.PrivateIpAddresses ?? []).map(readPrivateIp),
    tags: readTags(from.TagSet),
  };
}

function readPrivateIp(
  from: NonNullable<SdkNetworkInterface['PrivateIpAddresses']>[number],
): NetworkInterface['privateIpAddresses'][number] {
  const association = from.Association;
  return {
    privateIpAddress: text(from.PrivateIpAddress),
    primary: from.Primary ?? false,
    ...(association?.PublicIp === undefined
      ? {}
      : {
          association: {
            publicIp: association.PublicIp,
            ...(association.AllocationId === undefined
              ? {}
              : { allocationId: association.AllocationId }),
            ...(association.AssociationId === undefined
              ? {}
              : { associationId: association.AssociationId }),
          },
        }),
  };
}

export function readElasticIp(from: Address): ElasticIp {
  return {
    allocationId: text(from.AllocationId),
    publicIp: text(from.PublicIp),
    ...(from.AssociationId === undefined ? {} : { associationId: from.AssociationId }),
    ...(from.NetworkInterfaceId === undefined
      ? {}
      : { networkInterfaceId: from.NetworkInterfaceId }),
    ...(from.PrivateIpAddress === undefined ? {} : { privateIpAddress: from.PrivateIpAddress }),
    tags: readTags(from.Tags),
  };
}

export function readRouteTable(from: SdkRouteTable): RouteTable {
  return {
    routeTableId: text(from.RouteTableId),
    vpcId: text(from.VpcId),
    // routes to IPv6 networks and prefix lists have no IPv4 destination: none of ours
    routes: (from.Routes ?? []).flatMap((route) =>
      route.DestinationCidrBlock === undefined
        ? []
        : [
            {
              destinationCidrBlock: route.DestinationCidrBlock,
              ...(route.NetworkInterfaceId === undefined
                ? {}
                : { networkInterfaceId: route.NetworkInterfaceId }),
              ...(route.GatewayId === undefined ? {} : { gatewayId: route.GatewayId }),
              state: route.State === 'blackhole' ? ('blackhole' as const) : ('active' as const),
            },
          ],
    ),
    associatedSubnetIds: (from.Associations ?? []).flatMap(({ SubnetId }) =>
      SubnetId === undefined ? [] : [SubnetId],
    ),
    tags: readTags(from.Tags),
  };
}
