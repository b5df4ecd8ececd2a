import {
  requireRouteTable,
  requireSubnet,
  requireVpc,
  type CloudState,
  type RouteTableRecord,
} from './cloud-state.ts';
import { requireInternetGateway } from './connect-topology.ts';
import { requireNetworkAcl } from './network-acls.ts';
import { refuse } from './refuse.ts';
import { requireSecurityGroup } from './security-groups.ts';

/** DetachInternetGateway: not while an Elastic IP is on an interface of the VPC. Routes to it become black holes. */
export function detachInternetGateway(
  state: CloudState,
  { internetGatewayId, vpcId }: { readonly internetGatewayId: string; readonly vpcId: string },
): void {
  const gateway = requireInternetGateway(state, internetGatewayId);
  const vpc = requireVpc(state, vpcId);
  if (gateway.vpcId !== vpcId) {
    refuse('Gateway.NotAttached', `resource ${internetGatewayId} is not attached to ${vpcId}`);
  }
  const isMapped = [...state.addresses.values()].some(
    ({ association }) =>
      state.networkInterfaces.get(association?.networkInterfaceId ?? '')?.vpcId === vpcId,
  );
  if (isMapped) {
    refuse(
      'DependencyViolation',
      `Network ${vpcId} has some mapped public address(es). Please unmap them before detaching the gateway.`,
    );
  }
  gateway.vpcId = undefined;
  vpc.internetGatewayId = undefined;
}

/** DisassociateRouteTable: the subnet has its VPC's main table from now on. */
export function disassociateRouteTable(
  state: CloudState,
  { subnetId }: { readonly subnetId: string },
): void {
  const table = tableOf(state, requireSubnet(state, subnetId).subnetId);
  if (table === undefined) {
    refuse('InvalidAssociationID.NotFound', `${subnetId} is associated with no route table`);
  }
  table.subnetIds.delete(subnetId);
}

function tableOf(state: CloudState, subnetId: string): RouteTableRecord | undefined {
  return [...state.routeTables.values()].find(({ subnetIds }) => subnetIds.has(subnetId));
}

type Delete = (state: CloudState, id: string) => void;

const deletes: Readonly<Record<string, Delete>> = {
  subnet: deleteSubnet,
  rtb: deleteRouteTable,
  igw: deleteInternetGateway,
  sg: deleteSecurityGroup,
  acl: deleteNetworkAcl,
  vpc: deleteVpc,
};

/** DeleteSubnet and so on, by the kind that the id is of: refused with DependencyViolation while something else needs it. */
export function deleteResource(state: CloudState, id: string): void {
  const act = deletes[id.split('-')[0] ?? ''];
  if (act === undefined) refuse('InvalidID', `The ID '${id}' is not valid`);
  act(state, id);
}

function deleteSubnet(state: CloudState, subnetId: string): void {
  requireSubnet(state, subnetId);
  for (const eni of state.networkInterfaces.values()) {
    if (eni.subnetId === subnetId) inUse(subnetId, eni.networkInterfaceId);
  }
  tableOf(state, subnetId)?.subnetIds.delete(subnetId);
  for (const { associations } of state.networkAcls.values()) associations.delete(subnetId);
  state.subnets.delete(subnetId);
}

function deleteRouteTable(state: CloudState, routeTableId: string): void {
  const { vpcId, subnetIds } = requireRouteTable(state, routeTableId);
  if (state.vpcs.get(vpcId)?.mainRouteTableId === routeTableId) inUse(routeTableId, vpcId);
  for (const subnetId of subnetIds) inUse(routeTableId, subnetId);
  state.routeTables.delete(routeTableId);
}

function deleteInternetGateway(state: CloudState, internetGatewayId: string): void {
  const { vpcId } = requireInternetGateway(state, internetGatewayId);
  if (vpcId !== undefined) inUse(internetGatewayId, vpcId);
  state.internetGateways.delete(internetGatewayId);
}

function deleteSecurityGroup(state: CloudState, groupId: string): void {
  requireSecurityGroup(state, groupId);
  for (const eni of state.networkInterfaces.values()) {
    if (eni.groupIds.includes(groupId)) inUse(groupId, eni.networkInterfaceId);
  }
  state.securityGroups.delete(groupId);
}

function deleteNetworkAcl(state: CloudState, networkAclId: string): void {
  const { isDefault, associations } = requireNetworkAcl(state, networkAclId);
  if (isDefault) {
    refuse('InvalidParameterValue', `cannot delete default network ACL ${networkAclId}`);
  }
  for (const subnetId of associations.keys()) inUse(networkAclId, subnetId);
  state.networkAcls.delete(networkAclId);
}

/** Its main route table and its default network ACL go with it. */
function deleteVpc(state: CloudState, vpcId: string): void {
  const { mainRouteTableId, internetGatewayId } = requireVpc(state, vpcId);
  if (internetGatewayId !== undefined) inUse(vpcId, internetGatewayId);
  const [acls, tables] = [state.networkAcls, state.routeTables];
  const needs = [
    ...[...state.subnets.values()].map((one) => ({ ...one, id: one.subnetId })),
    ...[...state.securityGroups.values()].map((one) => ({ ...one, id: one.groupId })),
    ...[...tables.values()].map((one) => ({ ...one, id: one.routeTableId })),
    ...[...acls.values()].flatMap((one) =>
      one.isDefault ? [] : [{ ...one, id: one.networkAclId }],
    ),
  ].find((one) => one.vpcId === vpcId && one.id !== mainRouteTableId);
  if (needs !== undefined) inUse(vpcId, needs.id);
  tables.delete(mainRouteTableId);
  for (const acl of acls.values()) if (acl.vpcId === vpcId) acls.delete(acl.networkAclId);
  state.vpcs.delete(vpcId);
}

function inUse(id: string, by: string): never {
  return refuse('DependencyViolation', `${id} has dependencies and cannot be deleted: ${by}.`);
}
