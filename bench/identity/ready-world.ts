import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedEc2 } from '@truetuple/core/testing';
import {
  boxAddresses,
  describeBoxToEc2,
  listeningFdIn,
  openBox,
  startEc2Endpoint,
  type BoxPod,
} from '@truetuple/lab';
import { cleanPod, net1Table } from './clean-pod.ts';
import type { ReadySetting } from './ready-report.ts';

const region = 'eu-central-1';
const pool = 'bench';
const endpointPort = 8000;

/** A VPC in a box with one pod, and a simulated EC2 that the pod reaches by HTTP over its eth0. */
export interface ReadyWorld extends AsyncDisposable {
  readonly pod: BoxPod;
  readonly setting: Omit<ReadySetting, 'rounds'>;
  readonly ec2: SimulatedEc2;
  /** Every call that reached EC2. */
  readonly calls: SimulatedEc2['calls'];
  /** The pool's addresses that are associated now, as EC2 has it. */
  associated(): readonly string[];
  /** The pod's kernel and its ENI as they are when a node and a pod are new. */
  reset(): Promise<void>;
}

export async function openReadyWorld(): Promise<ReadyWorld> {
  await using opened = new AsyncDisposableStack();
  const identityDirectory = await mkdtemp(join(tmpdir(), 'truetuple-bench-'));
  opened.defer(() => rm(identityDirectory, { recursive: true, force: true }));
  const box = opened.use(await openBox());
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp' });
  const known = await describeBoxToEc2(box, ec2, { pool, poolSize: 3 });
  box.connect(ec2);
  const fd = listeningFdIn(box.namespaces.aws, boxAddresses.aws, endpointPort);
  opened.use(await startEc2Endpoint({ ec2, listen: { fd } }));
  const networkInterfaceId = known.networkInterfaceIds['eni-node-b'];
  const resources = opened.move();
  return {
    pod: box.pod('pod'),
    setting: {
      spec: {
        owner: { cluster: 'lab', namespace: 'sip', pod: 'pod', uid: 'uid-pod' },
        pool,
        region,
        networkInterface: { by: 'id', networkInterfaceId },
        vpcCidrs: [boxAddresses.vpcCidr],
        routeTables: { by: 'ids', routeTableIds: [known.routeTableIds.private] },
        table: net1Table,
        identityDirectory,
      },
      node: {
        ec2Endpoint: `http://${boxAddresses.aws}:${endpointPort}`,
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      },
    },
    ec2,
    calls: ec2.calls,
    associated: () =>
      ec2
        .snapshot()
        .addresses.filter(
          ({ tags, associationId }) =>
            associationId !== undefined && tags.some(({ value }) => value === pool),
        )
        .map(({ publicIp }) => publicIp),
    reset: async () => {
      await cleanPod(box.pod('pod').netlink);
      await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: true });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
