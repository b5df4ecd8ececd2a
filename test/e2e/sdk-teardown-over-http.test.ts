// A place to test in, torn down by the unmodified SDK: what something else needs is refused.
import * as sdk from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { openHttpRegion, refusalOf } from './http-region.ts';

test('a place goes in the order in which nothing needs what goes', async () => {
  await using region = await openHttpRegion();
  const { client, ec2, ids } = region;
  const { vpcId: VpcId, subnetId: SubnetId, routeTableId: RouteTableId } = ids;
  const InternetGatewayId = ec2.snapshot().vpcs[0]?.internetGatewayId;
  const [AllocationId] = ids.allocationIds;
  const [NetworkInterfaceId] = ids.networkInterfaceIds;
  const { AssociationId } = await client.send(
    new sdk.AssociateAddressCommand({ AllocationId, NetworkInterfaceId }),
  );
  const { GroupId } = await client.send(
    new sdk.CreateSecurityGroupCommand({ VpcId, GroupName: 'media', Description: 'media' }),
  );
  const { NetworkAcl } = await client.send(new sdk.CreateNetworkAclCommand({ VpcId }));
  const NetworkAclId = NetworkAcl?.NetworkAclId;
  const steps: readonly (() => Promise<unknown>)[] = [
    () => client.send(new sdk.DeleteVpcCommand({ VpcId })),
    () => client.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId })),
    () => client.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId, VpcId })),
    () => client.send(new sdk.DeleteSubnetCommand({ SubnetId })),
    () => client.send(new sdk.DeleteRouteTableCommand({ RouteTableId })),
  ];
  for (const step of steps) {
    expect(await refusalOf(step())).toMatchObject({ name: 'DependencyViolation', status: 400 });
  }
  await client.send(new sdk.DisassociateAddressCommand({ AssociationId }));
  await client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [ids.instanceId] }));
  const { RouteTables = [] } = await client.send(new sdk.DescribeRouteTablesCommand({}));
  const associations = RouteTables.flatMap((table) => table.Associations ?? []);
  expect(new Set(associations.map((one) => one.RouteTableAssociationId)).size).toBe(2);
  for (const { Main, RouteTableAssociationId } of associations) {
    const release = client.send(
      new sdk.DisassociateRouteTableCommand({ AssociationId: RouteTableAssociationId }),
    );
    if (Main === true) {
      expect(await refusalOf(release)).toMatchObject({ name: 'InvalidParameterValue' });
    } else await release;
  }
  await client.send(new sdk.DeleteSecurityGroupCommand({ GroupId }));
  await client.send(new sdk.DeleteNetworkAclCommand({ NetworkAclId }));
  await client.send(new sdk.DeleteSubnetCommand({ SubnetId }));
  await client.send(new sdk.DeleteRouteTableCommand({ RouteTableId }));
  await client.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  await client.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId }));
  await client.send(new sdk.DeleteVpcCommand({ VpcId }));
  const { vpcs, subnets, routeTables, networkAcls, securityGroups } = ec2.snapshot();
  expect([vpcs, subnets, routeTables, networkAcls, securityGroups].flat()).toEqual([]);
});

test('an id of another kind, or of nothing, is not found', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const SubnetId = ids.routeTableId;
  expect(await refusalOf(client.send(new sdk.DeleteSubnetCommand({ SubnetId })))).toMatchObject({
    name: 'InvalidSubnetID.NotFound',
  });
  const AssociationId = 'rtbassoc-0';
  const release = client.send(new sdk.DisassociateRouteTableCommand({ AssociationId }));
  expect(await refusalOf(release)).toMatchObject({ name: 'InvalidAssociationID.NotFound' });
});
