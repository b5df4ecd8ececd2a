import {
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteTableCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { expect, test } from 'vitest';
import { ec2QuotasContract } from './ec2-api-quotas-contract.ts';
import { httpBench } from './http-bench.ts';
import { openHttpRegion, refusalOf } from './http-region.ts';

ec2QuotasContract('in process', async (options) => {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
});
ec2QuotasContract('over HTTP through the AWS SDK', httpBench({ maxAttempts: 1 }));

test('what is made over the wire is counted too', async () => {
  await using region = await openHttpRegion({
    networkInterfacesPerRegion: 3,
    routeTablesPerVpc: 2,
    networkAddressUnitsPerVpc: 3,
  });
  const { client, ids } = region;
  const { subnetId: SubnetId, vpcId: VpcId, instanceId: InstanceId } = ids;
  const table = client.send(new CreateRouteTableCommand({ VpcId }));
  expect(await refusalOf(table)).toMatchObject({ name: 'RouteTableLimitExceeded', status: 400 });
  const create = () => client.send(new CreateNetworkInterfaceCommand({ SubnetId }));
  const { NetworkInterface } = await create();
  expect(await refusalOf(create())).toMatchObject({
    name: 'NetworkInterfaceLimitExceeded',
    status: 400,
  });
  const { NetworkInterfaceId } = NetworkInterface ?? {};
  const attach = client.send(
    new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId, DeviceIndex: 2 }),
  );
  expect(await refusalOf(attach)).toMatchObject({
    name: 'NetworkAddressUsageLimitExceeded',
    status: 400,
  });
  const run = client.send(new RunInstancesCommand({ SubnetId, MinCount: 1, MaxCount: 1 }));
  expect(await refusalOf(run)).toMatchObject({ name: 'NetworkInterfaceLimitExceeded' });
});
