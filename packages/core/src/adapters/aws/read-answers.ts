import type { ElasticIp, NetworkInterface, RouteTable, Tag } from '../../cloud/ec2-api.ts';
import { childOf, itemsOf, textOf, type XmlElement } from './xml.ts';

/** A field that EC2's answers always have, although its model marks it optional. */
export function required(element: XmlElement, name: string): string {
  const text = textOf(element, name);
  if (text !== undefined) return text;
  throw new Error(`EC2's answer has no ${name} in ${element.name}`);
}

/** The field, or nothing at all: an absent field stays absent. */
function optional<Key extends string>(
  element: XmlElement,
  key: Key,
): { readonly [name in Key]?: string } {
  const text = textOf(element, key);
  return (text === undefined ? {} : { [key]: text }) as { readonly [name in Key]?: string };
}

export function optionalNumber<Key extends string>(
  element: XmlElement,
  key: Key,
): { readonly [name in Key]?: number } {
  const text = textOf(element, key);
  if (text === undefined) return {};
  if (!/^-?\d+$/.test(text)) throw new Error(`EC2's answer has ${text} for ${key}`);
  return { [key]: Number(text) } as { readonly [name in Key]?: number };
}

export function readTags(element: XmlElement): Tag[] {
  return itemsOf(element, 'tagSet').map((tag) => ({
    key: required(tag, 'key'),
    value: textOf(tag, 'value') ?? '',
  }));
}

/** One field of each item of a list. */
export function fieldsOf(element: XmlElement, list: string, name: string): string[] {
  return itemsOf(element, list).flatMap((item) => textOf(item, name) ?? []);
}

export function readNetworkInterface(element: XmlElement): NetworkInterface {
  const ipv4Prefixes = fieldsOf(element, 'ipv4PrefixSet', 'ipv4Prefix');
  const ipv6Addresses = fieldsOf(element, 'ipv6AddressesSet', 'ipv6Address');
  const groupIds = fieldsOf(element, 'groupSet', 'groupId');
  return {
    networkInterfaceId: required(element, 'networkInterfaceId'),
    vpcId: required(element, 'vpcId'),
    subnetId: required(element, 'subnetId'),
    macAddress: required(element, 'macAddress'),
    sourceDestCheck: textOf(element, 'sourceDestCheck') !== 'false',
    status: textOf(element, 'status') ?? 'unknown',
    ...readAttachment(childOf(element, 'attachment')),
    privateIpAddresses: itemsOf(element, 'privateIpAddressesSet').map((one) => ({
      privateIpAddress: required(one, 'privateIpAddress'),
      primary: textOf(one, 'primary') === 'true',
      ...readAssociation(childOf(one, 'association')),
    })),
    ...(ipv4Prefixes.length === 0 ? {} : { ipv4Prefixes }),
    ...(ipv6Addresses.length === 0 ? {} : { ipv6Addresses }),
    ...(groupIds.length === 0 ? {} : { groupIds }),
    tags: readTags(element),
  };
}

function readAttachment(element: XmlElement | undefined): Pick<NetworkInterface, 'attachment'> {
  if (element === undefined) return {};
  return {
    attachment: {
      status: textOf(element, 'status') ?? 'unknown',
      ...optional(element, 'instanceId'),
      ...optionalNumber(element, 'deviceIndex'),
    },
  };
}

function readAssociation(
  element: XmlElement | undefined,
): Pick<NetworkInterface['privateIpAddresses'][number], 'association'> {
  const publicIp = textOf(element, 'publicIp');
  if (element === undefined || publicIp === undefined) return {};
  return {
    association: {
      publicIp,
      ...optional(element, 'allocationId'),
      ...optional(element, 'associationId'),
    },
  };
}

export function readElasticIp(element: XmlElement): ElasticIp {
  return {
    allocationId: required(element, 'allocationId'),
    publicIp: required(element, 'publicIp'),
    ...optional(element, 'associationId'),
    ...optional(element, 'networkInterfaceId'),
    ...optional(element, 'privateIpAddress'),
    tags: readTags(element),
  };
}

export function readRouteTable(element: XmlElement): RouteTable {
  const routes = itemsOf(element, 'routeSet');
  // a route to an IPv6 block has neither destination and does not concern us
  const prefixListRoutes = routes.flatMap((route) => {
    const destinationPrefixListId = textOf(route, 'destinationPrefixListId');
    return destinationPrefixListId === undefined
      ? []
      : [{ destinationPrefixListId, ...readTarget(route) }];
  });
  return {
    routeTableId: required(element, 'routeTableId'),
    vpcId: required(element, 'vpcId'),
    routes: routes.flatMap((route) => {
      const destinationCidrBlock = textOf(route, 'destinationCidrBlock');
      return destinationCidrBlock === undefined
        ? []
        : [{ destinationCidrBlock, ...readTarget(route) }];
    }),
    ...(prefixListRoutes.length === 0 ? {} : { prefixListRoutes }),
    associatedSubnetIds: fieldsOf(element, 'associationSet', 'subnetId'),
    tags: readTags(element),
  };
}

function readTarget(route: XmlElement): Omit<RouteTable['routes'][number], 'destinationCidrBlock'> {
  return {
    ...optional(route, 'networkInterfaceId'),
    ...optional(route, 'gatewayId'),
    state: textOf(route, 'state') === 'blackhole' ? 'blackhole' : 'active',
  };
}
