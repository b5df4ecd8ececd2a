import type { Ec2Action } from '@truetuple/core/testing';
import type { Action } from './action.ts';
import * as change from './change-resources.ts';
import * as routes from './change-routes.ts';
import * as resources from './describe-resources.ts';
import { describeTags } from './describe-tags.ts';
import * as topology from './describe-topology.ts';

const actions: Readonly<Record<Ec2Action, Action>> = {
  AllocateAddress: change.allocateAddress,
  AssignPrivateIpAddresses: change.assignPrivateIpAddresses,
  AssociateAddress: change.associateAddress,
  CreateRoute: routes.createRoute,
  CreateTags: change.createTags,
  DeleteRoute: routes.deleteRoute,
  DeleteTags: change.deleteTags,
  DescribeAddresses: resources.describeAddresses,
  DescribeInstances: topology.describeInstances,
  DescribeNetworkInterfaces: resources.describeNetworkInterfaces,
  DescribeRouteTables: resources.describeRouteTables,
  DescribeSubnets: topology.describeSubnets,
  DescribeTags: describeTags,
  DescribeVpcs: topology.describeVpcs,
  DisassociateAddress: change.disassociateAddress,
  ModifyNetworkInterfaceAttribute: change.modifyNetworkInterfaceAttribute,
  ReleaseAddress: change.releaseAddress,
  ReplaceRoute: routes.replaceRoute,
  UnassignPrivateIpAddresses: change.unassignPrivateIpAddresses,
};

/** The actions that the endpoint has; any other name is EC2's InvalidAction. */
export const actionsByName: ReadonlyMap<string, Action> = new Map(Object.entries(actions));
