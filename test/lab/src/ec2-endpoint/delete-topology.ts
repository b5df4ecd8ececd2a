import { actionWithoutDryRun, type Action } from './action.ts';
import { text } from './decode-parameters.ts';
import { tableAssociationIdOf } from './encode-resources.ts';
import { refuse } from './refusal.ts';

const done = { return: true } as const;

export const detachInternetGateway: Action = actionWithoutDryRun(
  { InternetGatewayId: text, VpcId: text },
  async (ec2, { InternetGatewayId: internetGatewayId, VpcId: vpcId }) => {
    ec2.detachInternetGateway({ internetGatewayId, vpcId });
    return done;
  },
);

/** The association of a subnet; a main table's is no subnet's, and stays. */
export const disassociateRouteTable: Action = actionWithoutDryRun(
  { AssociationId: text },
  async (ec2, { AssociationId }) => {
    const { routeTables, vpcs } = ec2.snapshot();
    const isOf = (id: string): boolean => AssociationId === tableAssociationIdOf(id);
    const subnetId = routeTables.flatMap((table) => table.associatedSubnetIds).find(isOf);
    if (subnetId !== undefined) {
      ec2.disassociateRouteTable({ subnetId });
      return done;
    }
    if (vpcs.some(({ mainRouteTableId }) => isOf(mainRouteTableId))) {
      return refuse(
        'InvalidParameterValue',
        `cannot disassociate the main route table association ${AssociationId}`,
      );
    }
    return refuse(
      'InvalidAssociationID.NotFound',
      `The association ID '${AssociationId}' does not exist`,
    );
  },
);

function deleting(parameter: string, prefix: string, missing: string): Action {
  return actionWithoutDryRun({ [parameter]: text }, async (ec2, input) => {
    const { [parameter]: id = '' } = input;
    if (!id.startsWith(`${prefix}-`)) return refuse(missing, `The ID '${id}' does not exist`);
    ec2.deleteResource(id);
    return done;
  });
}

export const deleteSubnet: Action = deleting('SubnetId', 'subnet', 'InvalidSubnetID.NotFound');
export const deleteRouteTable: Action = deleting(
  'RouteTableId',
  'rtb',
  'InvalidRouteTableID.NotFound',
);
export const deleteVpc: Action = deleting('VpcId', 'vpc', 'InvalidVpcID.NotFound');
export const deleteNetworkAcl: Action = deleting(
  'NetworkAclId',
  'acl',
  'InvalidNetworkAclID.NotFound',
);
export const deleteSecurityGroup: Action = deleting('GroupId', 'sg', 'InvalidGroup.NotFound');
export const deleteInternetGateway: Action = deleting(
  'InternetGatewayId',
  'igw',
  'InvalidInternetGatewayID.NotFound',
);
