import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SimulatedEc2 } from '@truetuple/core/testing';
import type { IdentitySpecInput } from '@truetuple/core';
import type { NetworkNamespace } from '@truetuple/netlink';
import { describeBoxToEc2 } from '../../box/describe-box-to-ec2.ts';
import { boxAddresses } from '../../box/topology.ts';
import { openBox, type VpcBox } from '../../box/vpc-box.ts';
import { startEc2Endpoint } from '../../ec2-endpoint/start-ec2-endpoint.ts';
import { listeningFdIn } from '../../socket/tcp-in.ts';
import { udpIn } from '../../socket/udp-in.ts';
import type { DemoOptions } from '../arguments.ts';
import { bindPeers } from '../traffic/bind-peers.ts';
import { demoOwner, demoPool, demoRegion } from '../demo-spec.ts';
import type { PeerClass } from '../traffic/flow.ts';
import { captureLink, type LinkCapture } from './kernel-captures.ts';
import { gatewayOn, stockGateway } from './kernel-gateway.ts';
import { openKernelPhones } from './kernel-phones.ts';
import { openKernelStock } from './kernel-stock.ts';
import { leftoverFiles } from '../leftovers/leftover-files.ts';
import { startPodProcess } from '../pod/pod-process.ts';
import { nominalPorts } from '../pod/pod-traffic.ts';
import { leftOfSandbox, NamespaceWitness, removeSandbox } from './sandbox.ts';
import type { PeerSocket, Stage } from '../stage.ts';
import { playStockPath } from '../acts/stock-path.ts';
import { temporaryFolder } from '../leftovers/temporary-folder.ts';

const notProven: readonly string[] = [
  'real AWS was never asked: EC2 is a simulator, reached by the unmodified AWS SDK over HTTP',
  'net1 is a macvlan that stands in for ipvlan l2; npm test runs real ipvlan in a small VM',
  'the Internet gateway, NAT gateway and VPC router are models in nftables and routes',
  'security groups, network ACLs, the 9001/1500 MTU edge and packet-rate limits are not modelled',
  'one pod on one node; load, loss and several holders at once are for npm test',
];

/** Where the EC2 endpoint listens: an ENI of the private subnet, as a VPC interface endpoint has. */
const endpointPort = 8000;

/** Where each receiving host is captured. */
const captured = {
  internet: { host: 'peer', linkName: 'pe0', file: 'peer.pcap' },
  vpc: { host: 'client', linkName: 'eth0', file: 'client.pcap' },
  pod: { host: 'pod', linkName: 'net1', file: 'pod-net1.pcap' },
} as const;

type Captures = Readonly<Record<PeerClass | 'pod', LinkCapture>>;

/** A VPC in network namespaces: real packets, real routes, captures at each receiving host. */
export async function openKernelStage(levelReason: string, options: DemoOptions): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const { path: directory } = opened.use(temporaryFolder());
  const box = opened.use(await openBox());
  const ec2 = new SimulatedEc2({ region: demoRegion, claimScope: 'eni' });
  const spec = await connectEc2(box, ec2);
  const host = boxAddresses.aws;
  const fd = listeningFdIn(box.namespaces.aws, host, endpointPort);
  const endpoint = await startEc2Endpoint({ ec2, listen: { fd } });
  opened.defer(() => endpoint.close());
  const captures = await captureReceivers(box, options.pcapDirectory);
  opened.defer(() => closeCaptures(captures));
  const identityDirectory = join(directory, 'identity');
  let witness: NamespaceWitness | undefined;
  let keepers: readonly number[] = [];
  const resources = opened.move();
  return {
    level: 'kernel',
    levelReason,
    ec2,
    ec2Endpoint: `http://${host}:${endpointPort}`,
    podWorld: { kind: 'kernel' },
    spec: { ...spec, identityDirectory },
    observedBy: 'capture',
    notProven,
    playStockPath: async () => {
      await using world = await openKernelStock(box, options.pcapDirectory);
      return await playStockPath(world);
    },
    startPod: (sabotage) =>
      startPodProcess(['nsenter', `--net=${box.namespaces.pod.path}`, '--'], sabotage),
    stockGateway,
    gatewayOn: async (identity, advertise) => gatewayOn(identity, advertise),
    openPhones: () => openKernelPhones(box, { directory: options.pcapDirectory }),
    openPeers: () => openPeers(box),
    // nothing but the network decides: every packet goes to the tuple that was advertised
    wayToPod: async (_from, to) => to,
    natDoors: async () => [],
    captured: async (flow, at, atLeast) => ({
      tally: await captures[at].tallyOf(flow, atLeast),
      file: captures[at].file,
    }),
    removeSandbox: async () => {
      captures.pod[Symbol.dispose]();
      await rm(identityDirectory, { recursive: true, force: true });
      keepers = await removeSandbox(box);
    },
    leftOfPod: async () => [
      ...(await leftOfSandbox(box, box.namespaces.pod.inode, keepers)),
      ...(await leftoverFiles(identityDirectory)),
    ],
    leftAfterClose: async () => [
      ...((await witness?.leftOfNamespaces()) ?? []),
      ...(await leftoverFiles(directory)),
    ],
    [Symbol.asyncDispose]: async () => {
      witness = new NamespaceWitness(hostNamespaces(box));
      await resources.disposeAsync();
    },
  };
}

/** All but the pod's, which goes with its sandbox and is looked at then. */
function hostNamespaces({ namespaces }: VpcBox): readonly NetworkNamespace[] {
  return Object.values(namespaces).filter((namespace) => namespace !== namespaces.pod);
}

/** Tells EC2 of the box's topology, and lets EC2's changes drive the box's data plane. */
async function connectEc2(box: VpcBox, ec2: SimulatedEc2): Promise<IdentitySpecInput> {
  const described = await describeBoxToEc2(box, ec2, { pool: demoPool, poolSize: 1 });
  box.connect(ec2);
  return {
    owner: demoOwner,
    pool: demoPool,
    region: demoRegion,
    vpcCidrs: [boxAddresses.vpcCidr],
    routeTables: { by: 'ids', routeTableIds: [described.routeTableIds.private] },
  };
}

async function captureReceivers(box: VpcBox, directory: string | undefined): Promise<Captures> {
  const open = (at: keyof typeof captured): Promise<LinkCapture> => {
    const { host, linkName, file } = captured[at];
    return captureLink({ namespace: box.namespaces[host], linkName, file, directory });
  };
  const [internet, vpc, pod] = await Promise.all([open('internet'), open('vpc'), open('pod')]);
  return { internet, vpc, pod };
}

function closeCaptures(captures: Captures): void {
  for (const one of Object.values(captures)) one[Symbol.dispose]();
}

/** Where the far sides are, and how far their fresh ports lie from those that call. */
const far = {
  internet: { host: 'peer', address: boxAddresses.peer },
  vpc: { host: 'client', address: boxAddresses.client },
} as const;
const freshShift = 10;

function openPeers(box: VpcBox): Promise<readonly PeerSocket[]> {
  return bindPeers(({ peer, role, use }) => {
    const { host, address } = far[peer];
    const port = nominalPorts[role] + (use === 'fresh' ? freshShift : 0);
    return udpIn(box.namespaces[host], address, port);
  });
}
