import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sdkEc2Api, type Ec2Api, type IdentitySpecInput } from '@truetuple/core';
import { SimulatedEc2, type SimulatedEc2Options } from '@truetuple/core/testing';
import {
  boxAddresses,
  describeBoxToEc2,
  listeningFdIn,
  openBox,
  startEc2Endpoint,
  type PodOptions,
  type VpcBox,
} from '@truetuple/lab';
import { layOutProgram } from './lay-out-program.ts';
import {
  startIdentityChild,
  type IdentityChild,
  type IdentityChildRequest,
} from './identity-process.ts';

const region = 'eu-central-1';
const pool = 'crash';
const endpointPort = 8000;
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

const dualStack = {
  addressFamilies: ['ipv4', 'ipv6'],
  subnetIpv6Cidr: boxAddresses.subnetIpv6Cidr.public,
  gatewayIpv6: 'fe80::1',
  vpcIpv6Cidrs: [boxAddresses.vpcIpv6Cidr],
} as const;

/** A box with pods, and EC2 that drives it: reached by the pods over eth0, and by the test over loopback. */
export interface IdentityWorld extends AsyncDisposable {
  readonly box: VpcBox;
  readonly ec2: SimulatedEc2;
  /** The same EC2 through the unmodified SDK. */
  readonly sdk: Ec2Api;
  readonly pool: string;
  readonly region: string;
  spec(pod: string): IdentitySpecInput;
  /** What leads the unmodified SDK in a pod to this EC2. */
  readonly environment: NodeJS.ProcessEnv;
  /** Moves EC2's own time on, so that its describes show what was before. */
  passInEc2(ms: number): void;
  /** Starts a process in the pod's namespace that runs a verb of core with the unmodified SDK, `under` another command if need be. */
  start(pod: string, request: IdentityChildRequest, under?: readonly string[]): IdentityChild;
}

export interface IdentityWorldOptions {
  readonly pods?: readonly PodOptions[];
  readonly poolSize?: number;
  /** Identities have an IPv6 address of their pod's name beside the public one; default false. */
  readonly isDualStack?: boolean;
  /** How far EC2's describes are behind; default not at all. */
  readonly reads?: NonNullable<SimulatedEc2Options['reads']>;
}

export async function openIdentityWorld(
  options: IdentityWorldOptions = {},
): Promise<IdentityWorld> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'truetuple-e2e-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  const program = await layOutProgram(new URL('./identity-child.ts', import.meta.url), directory);
  const box = opened.use(await openBox(options.pods === undefined ? {} : { pods: options.pods }));
  let passedMs = 0;
  const ec2 = new SimulatedEc2({
    region,
    claimScope: 'privateIp',
    // in a box all pods have eth0 and net1 on one ENI each, however many there are
    privateIpsPerNetworkInterface: Math.max(50, 10 + (options.pods?.length ?? 0)),
    clock: { elapsed: () => performance.now() + passedMs },
    ...(options.reads && { reads: options.reads }),
  });
  const known = await describeBoxToEc2(box, ec2, { pool, poolSize: options.poolSize ?? 3 });
  box.connect(ec2);
  const fd = listeningFdIn(box.namespaces.aws, boxAddresses.aws, endpointPort);
  opened.use(await startEc2Endpoint({ ec2, listen: { fd } }));
  const near = opened.use(await startEc2Endpoint({ ec2, listen: { host: '127.0.0.1', port: 0 } }));
  const spec = (pod: string): IdentitySpecInput => ({
    owner: { cluster: 'lab', namespace: 'sip', pod, uid: `uid-${pod}` },
    pool,
    region,
    // a macvlan has a MAC of its own, an ipvlan its parent's: on EC2 the default `by: 'mac'` does
    networkInterface: { by: 'id', networkInterfaceId: known.networkInterfaceIds['eni-node-b'] },
    vpcCidrs: [boxAddresses.vpcCidr],
    routeTables: { by: 'ids', routeTableIds: [known.routeTableIds.private] },
    identityDirectory: join(directory, pod),
    ...(options.isDualStack === true && dualStack),
  });
  const resources = opened.move();
  return {
    box,
    ec2,
    sdk: sdkEc2Api({ region, endpoint: near.url, credentials }),
    pool,
    region,
    spec,
    environment: {
      AWS_ENDPOINT_URL_EC2: `http://${boxAddresses.aws}:${endpointPort}`,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    passInEc2: (ms) => {
      passedMs += ms;
    },
    start: (pod, request, under) => {
      const ec2Endpoint = `http://${boxAddresses.aws}:${endpointPort}`;
      const setting = { spec: spec(pod), request, ec2Endpoint, credentials };
      return startIdentityChild(box.pod(pod).namespace, program, setting, under);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What of truetuple's stands in EC2, a line each; the ENIs' own addresses are not its. */
export function ownInEc2(world: IdentityWorld): readonly string[] {
  const { addresses, routeTables, networkInterfaces } = world.ec2.snapshot();
  const pooled = addresses.filter(({ tags }) =>
    tags.some(({ key, value }) => key === 'truetuple/pool' && value === pool),
  );
  const hosts = new Set(pooled.map(({ publicIp }) => `${publicIp}/32`));
  const podIps = new Set(world.box.pods.flatMap((pod) => pod.net1));
  return [
    ...pooled.filter((a) => a.associationId !== undefined).map((a) => `association ${a.publicIp}`),
    ...pooled
      .filter(({ tags }) => tags.some(({ key }) => key === 'truetuple/owner'))
      .map((a) => `owner tag ${a.publicIp}`),
    ...routeTables.flatMap(({ routes }) =>
      routes
        .filter(({ destinationCidrBlock }) => hosts.has(destinationCidrBlock))
        .map(({ destinationCidrBlock }) => `route ${destinationCidrBlock}`),
    ),
    ...networkInterfaces.flatMap((eni) =>
      eni.privateIpAddresses
        .filter(({ privateIpAddress }) => podIps.has(privateIpAddress))
        .map(({ privateIpAddress }) => `private IP ${privateIpAddress}`),
    ),
    ...networkInterfaces.flatMap(({ ipv6Addresses = [], tags }) => [
      ...ipv6Addresses.map((address) => `IPv6 ${address}`),
      ...tags
        .filter(({ key }) => key.startsWith('truetuple/ipv6/'))
        .map(({ key }) => `IPv6 record ${key}`),
    ]),
  ];
}

/** What of truetuple's stands in a pod's kernel beyond the rules and the fail-closed route. */
export async function ownInKernel(world: IdentityWorld, pod: string): Promise<readonly string[]> {
  const { netlink } = world.box.pod(pod);
  const [routes, ipv6Routes, addresses, ipv6Addresses] = await Promise.all([
    netlink.routes.list({ table: 200, family: 'ipv4' }),
    netlink.routes.list({ table: 200, family: 'ipv6' }),
    netlink.addresses.list({ family: 'ipv4' }),
    netlink.addresses.list({ family: 'ipv6' }),
  ]);
  return [
    ...[...routes, ...ipv6Routes]
      .filter(({ type }) => type !== 'unreachable')
      .map((r) => `route ${r.destination}`),
    ...addresses.filter(({ scope }) => scope === 'link').map((a) => `address ${a.address}`),
    ...ipv6Addresses
      .filter(({ address, scope }) => scope === 'global' && address.startsWith('2001:db8:'))
      .map((a) => `address ${a.address}`),
  ];
}
