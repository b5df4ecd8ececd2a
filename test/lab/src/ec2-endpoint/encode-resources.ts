import type { ElasticIp, RouteTable, Tag } from '@truetuple/core';
import type { Ec2Snapshot, ShownNetworkInterface } from '@truetuple/core/testing';
import type { XmlFields } from './encode-xml.ts';

/** TagList. */
export function tagSet(tags: readonly Tag[]): XmlFields[] {
  return tags.map(({ key, value }) => ({ key, value }));
}

/** The simulated account. */
export const accountId = '123456789012';

/** An interface is attached once at most: its own id names the attachment. */
export function attachmentIdOf(networkInterfaceId: string): string {
  return networkInterfaceId.replace(/^eni-/, 'eni-attach-');
}

/** A subnet has one route table at most, a VPC one main table: their ids name the associations, and no two alike. */
export function tableAssociationIdOf(id: string): string {
  return id.startsWith('rtb-')
    ? id.replace(/^rtb-/, 'rtbassoc-a')
    : id.replace(/^subnet-/, 'rtbassoc-');
}

/** The IPv6 blocks of a VPC or of a subnet: none or one. */
export function ipv6CidrSet(ipv6CidrBlock: string | undefined): XmlFields[] {
  if (ipv6CidrBlock === undefined) return [];
  return [{ ipv6CidrBlock, ipv6CidrBlockState: { state: 'associated' } }];
}

/** Subnet of DescribeSubnets. */
export function subnetFields(subnet: Ec2Snapshot['subnets'][number]): XmlFields {
  return {
    subnetId: subnet.subnetId,
    vpcId: subnet.vpcId,
    state: 'available',
    cidrBlock: subnet.cidr,
    availabilityZone: subnet.availabilityZone,
    ipv6CidrBlockAssociationSet: ipv6CidrSet(subnet.ipv6Cidr),
    tagSet: tagSet(subnet.tags),
  };
}

/** NetworkInterface of DescribeNetworkInterfaces: the fields that the simulator has. */
export function networkInterfaceFields(eni: ShownNetworkInterface): XmlFields {
  const primary = eni.privateIpAddresses.find((address) => address.primary);
  return {
    networkInterfaceId: eni.networkInterfaceId,
    subnetId: eni.subnetId,
    vpcId: eni.vpcId,
    availabilityZone: eni.availabilityZone,
    status: eni.status,
    interfaceType: 'interface',
    ownerId: accountId,
    requesterManaged: false,
    description: eni.description ?? '',
    macAddress: eni.macAddress,
    privateIpAddress: primary?.privateIpAddress,
    sourceDestCheck: eni.sourceDestCheck,
    publicIpDnsNameOptions: eni.publicHostnameType && { dnsHostnameType: eni.publicHostnameType },
    attachment: eni.attachment && {
      attachmentId: attachmentIdOf(eni.networkInterfaceId),
      ...eni.attachment,
    },
    association: primary?.association && { ...primary.association },
    privateIpAddressesSet: eni.privateIpAddresses.map((address) => ({
      privateIpAddress: address.privateIpAddress,
      primary: address.primary,
      association: address.association && { ...address.association },
    })),
    groupSet: (eni.groupIds ?? []).map((groupId) => ({ groupId, groupName: groupId })),
    ipv6AddressesSet: (eni.ipv6Addresses ?? []).map((ipv6Address) => ({ ipv6Address })),
    ipv6PrefixSet: (eni.ipv6Prefixes ?? []).map((ipv6Prefix) => ({ ipv6Prefix })),
    ipv4PrefixSet: (eni.ipv4Prefixes ?? []).map((ipv4Prefix) => ({ ipv4Prefix })),
    tagSet: tagSet(eni.tags),
  };
}

/** InstanceNetworkInterface of DescribeInstances: says less of an association, and nothing of tags. */
export function instanceNetworkInterfaceFields(eni: ShownNetworkInterface): XmlFields {
  const { attachment, privateIpAddresses } = eni;
  const primary = privateIpAddresses.find((address) => address.primary);
  return {
    networkInterfaceId: eni.networkInterfaceId,
    subnetId: eni.subnetId,
    vpcId: eni.vpcId,
    status: eni.status,
    macAddress: eni.macAddress,
    privateIpAddress: primary?.privateIpAddress,
    sourceDestCheck: eni.sourceDestCheck,
    attachment: attachment && {
      deviceIndex: attachment.deviceIndex,
      status: attachment.status,
      deleteOnTermination: attachment.deleteOnTermination,
    },
    privateIpAddressesSet: privateIpAddresses.map(
      ({ privateIpAddress, primary: isPrimary, association }) => ({
        privateIpAddress,
        primary: isPrimary,
        association: association && { publicIp: association.publicIp },
      }),
    ),
  };
}

/** Address of DescribeAddresses. */
export function addressFields(address: ElasticIp, instanceId: string | undefined): XmlFields {
  return {
    publicIp: address.publicIp,
    allocationId: address.allocationId,
    networkBorderGroup: address.networkBorderGroup,
    domain: 'vpc',
    instanceId,
    associationId: address.associationId,
    networkInterfaceId: address.networkInterfaceId,
    privateIpAddress: address.privateIpAddress,
    tagSet: tagSet(address.tags),
  };
}

/** RouteTable of DescribeRouteTables. */
export function routeTableFields(table: RouteTable, isMain: boolean): XmlFields {
  const { routeTableId } = table;
  const associated = (id: string): XmlFields => ({
    routeTableAssociationId: tableAssociationIdOf(id),
    routeTableId,
    associationState: { state: 'associated' },
  });
  return {
    routeTableId,
    vpcId: table.vpcId,
    routeSet: [...table.routes, ...(table.prefixListRoutes ?? [])].map((route) => ({
      ...route,
      origin: route.gatewayId === 'local' ? 'CreateRouteTable' : 'CreateRoute',
    })),
    associationSet: [
      ...(isMain ? [{ ...associated(routeTableId), main: true }] : []),
      ...table.associatedSubnetIds.map((subnetId) => ({
        ...associated(subnetId),
        subnetId,
        main: false,
      })),
    ],
    tagSet: tagSet(table.tags),
  };
}
