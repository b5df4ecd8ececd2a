import { describe, expect, it } from 'vitest';
import { SimulatedEc2 } from './simulated-ec2.ts';

function build() {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  const { vpcId, mainRouteTableId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const { internetGatewayId } = ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  ec2.createGatewayRoute({
    routeTableId,
    destinationCidrBlock: '0.0.0.0/0',
    gatewayId: internetGatewayId,
  });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', routeTableId });
  const { networkAclId } = ec2.createNetworkAcl({ vpcId, subnetIds: [subnetId] });
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId });
  const networkInterfaceIds = [networkInterfaceId];
  const { groupId } = ec2.createSecurityGroup({ vpcId, networkInterfaceIds });
  return {
    ec2,
    vpcId,
    mainRouteTableId,
    internetGatewayId,
    routeTableId,
    subnetId,
    networkAclId,
    networkInterfaceId,
    groupId,
  };
}

function codeOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    return (error as { ec2Code?: string }).ec2Code ?? String(error);
  }
  return 'not refused';
}

describe('a place', () => {
  it('goes in the order in which nothing needs what goes, and in no other', () => {
    const { ec2, ...ids } = build();
    const { vpcId, mainRouteTableId, internetGatewayId, routeTableId, subnetId } = ids;
    const refusedUntilThen = (...needed: readonly string[]): void => {
      for (const id of needed) {
        expect([id, codeOf(() => ec2.deleteResource(id))]).toEqual([id, 'DependencyViolation']);
      }
    };
    const { networkAclId, groupId, networkInterfaceId } = ids;
    const [all, table] = [[vpcId, mainRouteTableId, internetGatewayId], [routeTableId]];
    refusedUntilThen(...all, ...table, networkAclId, subnetId, groupId);
    ec2.deleteNetworkInterface({ networkInterfaceId });
    ec2.deleteResource(groupId);
    refusedUntilThen(...all, ...table, networkAclId);
    ec2.disassociateRouteTable({ subnetId });
    ec2.deleteResource(routeTableId);
    refusedUntilThen(...all, networkAclId);
    ec2.deleteResource(subnetId);
    refusedUntilThen(...all);
    ec2.deleteResource(networkAclId);
    refusedUntilThen(...all);
    ec2.detachInternetGateway({ internetGatewayId, vpcId });
    ec2.deleteResource(vpcId);
    ec2.deleteResource(internetGatewayId);
    const { vpcs, subnets, routeTables, networkAcls, securityGroups } = ec2.snapshot();
    expect([vpcs, subnets, routeTables, networkAcls, securityGroups].flat()).toEqual([]);
  });

  it('of another VPC keeps nothing here', () => {
    const { ec2 } = build();
    const { vpcId } = ec2.createVpc({ cidr: '10.1.0.0/16' });
    ec2.deleteResource(vpcId);
    expect(ec2.snapshot().vpcs).toHaveLength(1);
    expect(ec2.snapshot().networkAcls).toHaveLength(2);
  });
});

describe('an Internet gateway', () => {
  it('stays attached while an Elastic IP needs it; afterwards its routes are black holes and nothing is claimed', async () => {
    const { ec2, networkInterfaceId, internetGatewayId, vpcId, routeTableId } = build();
    const { allocationId } = ec2.allocateAddress();
    const claim = { allocationId, networkInterfaceId, allowReassociation: false };
    const { associationId } = await ec2.associateAddress(claim);
    const detach = () => codeOf(() => ec2.detachInternetGateway({ internetGatewayId, vpcId }));
    expect(detach()).toBe('DependencyViolation');
    await ec2.disassociateAddress({ associationId });
    expect(detach()).toBe('not refused');
    expect(detach()).toBe('Gateway.NotAttached');
    const [table] = await ec2.describeRouteTables({ routeTableIds: [routeTableId] });
    expect(table?.routes).toContainEqual({
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: internetGatewayId,
      state: 'blackhole',
    });
    await expect(ec2.associateAddress(claim)).rejects.toMatchObject({
      ec2Code: 'Gateway.NotAttached',
    });
    ec2.attachInternetGateway({ internetGatewayId, vpcId });
    await ec2.associateAddress(claim);
  });
});

describe('what is not there', () => {
  it.each([
    ['subnet-0', 'InvalidSubnetID.NotFound'],
    ['rtb-0', 'InvalidRouteTableID.NotFound'],
    ['igw-0', 'InvalidInternetGatewayID.NotFound'],
    ['sg-0', 'InvalidGroup.NotFound'],
    ['acl-0', 'InvalidNetworkAclID.NotFound'],
    ['vpc-0', 'InvalidVpcID.NotFound'],
    ['mine', 'InvalidID'],
  ])('%s is not deleted: %s', (id, code) => {
    const { ec2 } = build();
    expect(codeOf(() => ec2.deleteResource(id))).toBe(code);
  });

  it('the default network ACL is not deleted alone, a main table is not let go', () => {
    const { ec2, subnetId } = build();
    const own = ec2.snapshot().networkAcls.find(({ isDefault }) => isDefault);
    expect(codeOf(() => ec2.deleteResource(own?.networkAclId ?? ''))).toBe('InvalidParameterValue');
    ec2.disassociateRouteTable({ subnetId });
    const again = codeOf(() => ec2.disassociateRouteTable({ subnetId }));
    expect(again).toBe('InvalidAssociationID.NotFound');
  });
});

describe('blocks', () => {
  it('have their host bits cleared', () => {
    const { ec2 } = build();
    const { vpcId } = ec2.createVpc({ cidr: '10.7.3.4/16' });
    const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.7.5.6/24' });
    expect(ec2.snapshot().vpcs.find((vpc) => vpc.vpcId === vpcId)?.cidr).toBe('10.7.0.0/16');
    const made = ec2.snapshot().subnets.find((subnet) => subnet.subnetId === subnetId);
    expect(made?.cidr).toBe('10.7.5.0/24');
  });

  it.each([
    ['10.0.0.0/15', 'InvalidVpc.Range'],
    ['10.0.0.0/29', 'InvalidVpc.Range'],
    ['10.0.0.0', 'InvalidParameterValue'],
    ['10.0.0.0/28', 'not refused'],
  ])('%s for a VPC: %s', (cidr, code) => {
    const { ec2 } = build();
    expect(codeOf(() => ec2.createVpc({ cidr }))).toBe(code);
  });

  it.each([
    ['10.1.0.0/24', 'InvalidSubnet.Range'],
    ['10.0.3.0/29', 'InvalidSubnet.Range'],
    ['10.0.2.128/25', 'InvalidSubnet.Conflict'],
    ['10.0.0.0/22', 'InvalidSubnet.Conflict'],
    ['subnet', 'InvalidParameterValue'],
    ['10.0.3.0/24', 'not refused'],
  ])('%s for a subnet: %s', (cidr, code) => {
    const { ec2, vpcId } = build();
    expect(codeOf(() => ec2.createSubnet({ vpcId, cidr }))).toBe(code);
  });
});
