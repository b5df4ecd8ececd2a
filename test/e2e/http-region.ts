import { EC2Client, EC2ServiceException, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { SimulatedEc2, type SimulatedEc2Options } from '@truetuple/core/testing';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';

/** A simulated region, served over HTTP on loopback, and the SDK's client for it. */
export interface EmptyHttpRegion extends AsyncDisposable {
  readonly ec2: SimulatedEc2;
  readonly url: string;
  readonly client: EC2Client;
  /** Another client, such as one of another region. */
  clientWith(config: EC2ClientConfig): EC2Client;
}

/** With little in it. */
export interface HttpRegion extends EmptyHttpRegion {
  readonly ids: RegionIds;
}

export interface RegionIds {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly routeTableId: string;
  readonly instanceId: string;
  /** Device 0 and device 1 of the instance. */
  readonly networkInterfaceIds: readonly [string, string];
  readonly allocationIds: readonly [string, string];
}

export const httpRegionName = 'eu-central-1';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };

export async function openEmptyHttpRegion(
  options: Partial<SimulatedEc2Options> = {},
): Promise<EmptyHttpRegion> {
  const ec2 = new SimulatedEc2({ region: httpRegionName, claimScope: 'privateIp', ...options });
  const endpoint = await startEc2Endpoint({ ec2, listen: { host: '127.0.0.1', port: 0 } });
  const clients: EC2Client[] = [];
  const clientWith = (config: EC2ClientConfig): EC2Client => {
    const { url } = endpoint;
    const client = new EC2Client({ region: ec2.region, endpoint: url, credentials, ...config });
    clients.push(client);
    return client;
  };
  return {
    ec2,
    url: endpoint.url,
    client: clientWith({}),
    clientWith,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await endpoint.close();
    },
  };
}

export async function openHttpRegion(
  options: Partial<SimulatedEc2Options> = {},
): Promise<HttpRegion> {
  const region = await openEmptyHttpRegion(options);
  return { ...region, ids: fill(region.ec2) };
}

function fill(ec2: SimulatedEc2): RegionIds {
  const { vpcId, mainRouteTableId } = ec2.createVpc({ cidr: '10.0.0.0/16', tags: { Name: 'lab' } });
  const { internetGatewayId } = ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId, tags: { tier: 'internal' } });
  const destinationCidrBlock = '0.0.0.0/0';
  ec2.createGatewayRoute({
    routeTableId: mainRouteTableId,
    destinationCidrBlock,
    gatewayId: internetGatewayId,
  });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', routeTableId });
  const { instanceId } = ec2.createInstance({ tags: { Name: 'node' } });
  const interfaceOf = (privateIpAddress: string, role: string): string =>
    ec2.createNetworkInterface({ subnetId, instanceId, privateIpAddress, tags: { role } })
      .networkInterfaceId;
  const allocate = (): string =>
    ec2.allocateAddress({ tags: { 'truetuple/pool': 'voice' } }).allocationId;
  return {
    vpcId,
    subnetId,
    routeTableId,
    instanceId,
    networkInterfaceIds: [interfaceOf('10.0.2.10', 'node'), interfaceOf('10.0.2.11', 'media')],
    allocationIds: [allocate(), allocate()],
  };
}

/** What the SDK throws, with the fields that callers read. */
export async function refusalOf(call: Promise<unknown>): Promise<{
  readonly name: string;
  readonly status: number | undefined;
  readonly attempts: number | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
}> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof EC2ServiceException)) throw error;
  const { httpStatusCode, attempts, requestId } = error.$metadata;
  const { name, message } = error;
  return { name, status: httpStatusCode, attempts, message, requestId };
}
