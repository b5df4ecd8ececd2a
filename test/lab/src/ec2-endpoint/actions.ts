import type { Ec2Action } from '@truetuple/core/testing';
import type { Action } from './action.ts';
import * as change from './change-resources.ts';
import * as instances from './change-instances.ts';
import * as routes from './change-routes.ts';
import * as addressAttributes from './address-attributes.ts';
import * as build from './create-topology.ts';
import * as tearDown from './delete-topology.ts';
import * as made from './create-packet-filters.ts';
import * as packetFilters from './describe-packet-filters.ts';
import * as resources from './describe-resources.ts';
import * as place from './describe-place.ts';
import { describeTags } from './describe-tags.ts';
import * as topology from './describe-topology.ts';

const actions: Readonly<Record<Ec2Action, Action>> = {
  AllocateAddress: change.allocateAddress,
  AssignIpv6Addresses: change.assignIpv6Addresses,
  AssignPrivateIpAddresses: change.assignPrivateIpAddresses,
  AssociateAddress: change.associateAddress,
  CreateRoute: routes.createRoute,
  CreateTags: change.createTags,
  DeleteRoute: routes.deleteRoute,
  DeleteTags: change.deleteTags,
  DescribeAddresses: resources.describeAddresses,
  DescribeInstances: topology.describeInstances,
  DescribeManagedPrefixLists: packetFilters.describeManagedPrefixLists,
  DescribeNetworkAcls: packetFilters.describeNetworkAcls,
  DescribeNetworkInterfaces: resources.describeNetworkInterfaces,
  DescribeRouteTables: resources.describeRouteTables,
  DescribeSecurityGroups: packetFilters.describeSecurityGroups,
  DescribeSubnets: topology.describeSubnets,
  DescribeTags: describeTags,
  DescribeVpcs: topology.describeVpcs,
  DisassociateAddress: change.disassociateAddress,
  GetManagedPrefixListEntries: packetFilters.getManagedPrefixListEntries,
  ModifyNetworkInterfaceAttribute: change.modifyNetworkInterfaceAttribute,
  ReleaseAddress: change.releaseAddress,
  ReplaceRoute: routes.replaceRoute,
  UnassignIpv6Addresses: change.unassignIpv6Addresses,
  UnassignPrivateIpAddresses: change.unassignPrivateIpAddresses,
};

/** What builds and tears down a place to test in: never throttled, denied or delayed by the simulator. */
const builders: Readonly<Record<string, Action>> = {
  AssociateRouteTable: build.associateRouteTable,
  AttachInternetGateway: build.attachInternetGateway,
  AttachNetworkInterface: build.attachNetworkInterface,
  AuthorizeSecurityGroupEgress: made.authorizeSecurityGroupEgress,
  AuthorizeSecurityGroupIngress: made.authorizeSecurityGroupIngress,
  CreateDefaultVpc: build.createDefaultVpc,
  CreateInternetGateway: build.createInternetGateway,
  CreateManagedPrefixList: made.createManagedPrefixList,
  CreateNetworkAcl: made.createNetworkAcl,
  CreateNetworkAclEntry: made.createNetworkAclEntry,
  CreateNetworkInterface: build.createNetworkInterface,
  CreateRouteTable: build.createRouteTable,
  CreateSecurityGroup: made.createSecurityGroup,
  CreateSubnet: build.createSubnet,
  CreateSubnetCidrReservation: build.createSubnetCidrReservation,
  CreateVpc: build.createVpc,
  DeleteInternetGateway: tearDown.deleteInternetGateway,
  DeleteNetworkAcl: tearDown.deleteNetworkAcl,
  DeleteNetworkAclEntry: made.deleteNetworkAclEntry,
  DeleteNetworkInterface: build.deleteNetworkInterface,
  DeleteRouteTable: tearDown.deleteRouteTable,
  DeleteSecurityGroup: tearDown.deleteSecurityGroup,
  DeleteSubnet: tearDown.deleteSubnet,
  DeleteVpc: tearDown.deleteVpc,
  DescribeAddressesAttribute: addressAttributes.describeAddressesAttribute,
  DescribeInstanceTypes: place.describeInstanceTypes,
  DescribeInternetGateways: place.describeInternetGateways,
  DetachInternetGateway: tearDown.detachInternetGateway,
  DetachNetworkInterface: build.detachNetworkInterface,
  DisassociateRouteTable: tearDown.disassociateRouteTable,
  GetSubnetCidrReservations: place.getSubnetCidrReservations,
  ModifyAddressAttribute: addressAttributes.modifyAddressAttribute,
  ModifyManagedPrefixList: made.modifyManagedPrefixList,
  ModifyPublicIpDnsNameOptions: change.modifyPublicIpDnsNameOptions,
  ReplaceNetworkAclAssociation: made.replaceNetworkAclAssociation,
  ResetAddressAttribute: addressAttributes.resetAddressAttribute,
  RevokeSecurityGroupEgress: made.revokeSecurityGroupEgress,
  RevokeSecurityGroupIngress: made.revokeSecurityGroupIngress,
  RunInstances: instances.runInstances,
  StartInstances: instances.startInstances,
  StopInstances: instances.stopInstances,
  TerminateInstances: instances.terminateInstances,
};

/** The actions that the endpoint has; any other name is EC2's InvalidAction. */
export const actionsByName: ReadonlyMap<string, Action> = new Map([
  ...Object.entries(actions),
  ...Object.entries(builders),
]);
