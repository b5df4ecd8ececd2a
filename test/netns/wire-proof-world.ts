import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  directGrant,
  ensurePublicIdentity,
  thisNode,
  type HeldIdentity,
  type IdentitySpecInput,
  type NodePorts,
  type WireProofInput,
} from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import {
  boxAddresses,
  describeBoxToEc2,
  openBox,
  runToEnd,
  startCoturn,
  type BoxInEc2,
  type VpcBox,
} from '@truetuple/lab';

const region = 'eu-central-1';
const pool = 'wire';

/** Two of coturn on the Internet, the first with two addresses, and one in the VPC. */
export const internetServers: readonly string[] = [
  `${boxAddresses.peer}:3478`,
  `${boxAddresses.secondPeer}:5478`,
];
export const vpcServer: string = `${boxAddresses.client}:3478`;
/** What the first answers from when it is asked to. */
export const alternate: string = `${boxAddresses.secondPeer}:3479`;
export const wire: WireProofInput = {
  stunServers: [...internetServers, vpcServer],
  ports: [5060, 16_384],
  timeoutMs: 1500,
};

/** A pod in a box that a simulated EC2 drives, with the real kernel and real STUN servers. */
export interface WireWorld extends AsyncDisposable {
  readonly box: VpcBox;
  readonly ec2: SimulatedEc2;
  readonly known: BoxInEc2;
  readonly node: NodePorts;
  readonly spec: IdentitySpecInput;
  /** Takes an identity, and gives it back when the test disposes of it. */
  ensure(change?: Partial<IdentitySpecInput>): Promise<HeldIdentity>;
  /** Does something while the pod has these chains of nftables. */
  whileFiltered<Result>(ruleset: string, act: () => Promise<Result>): Promise<Result>;
}

export async function openWireWorld(): Promise<WireWorld> {
  await using opened = new AsyncDisposableStack();
  const identityDirectory = await mkdtemp(join(tmpdir(), 'truetuple-wire-'));
  opened.defer(() => rm(identityDirectory, { recursive: true, force: true }));
  const pods = [
    { name: 'pod', eth0: boxAddresses.podEth0, net1: [boxAddresses.podNet1] },
    { name: 'caller', eth0: '10.0.1.51', net1: ['10.0.2.129'] },
  ];
  const box = opened.use(await openBox({ pods }));
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp' });
  const known = await describeBoxToEc2(box, ec2, { pool, poolSize: 1 });
  box.connect(ec2);
  const { peer, secondPeer, client } = boxAddresses;
  for (const [addresses, port] of [
    [[peer, secondPeer], 3478],
    [[secondPeer], 5478],
  ] as const) {
    opened.use(await startCoturn({ namespace: box.namespaces.peer, addresses, port }));
  }
  opened.use(await startCoturn({ namespace: box.namespaces.client, addresses: [client] }));
  const real = thisNode({ netns: box.namespaces.pod.path });
  const { clock } = real;
  const node: NodePorts = {
    ...real,
    openGrant: async () => directGrant({ ec2, clock }),
    openEc2: async () => ec2,
  };
  const spec: IdentitySpecInput = {
    owner: { cluster: 'lab', namespace: 'sip', pod: 'pod', uid: 'uid-pod' },
    pool,
    region,
    networkInterface: { by: 'id', networkInterfaceId: known.networkInterfaceIds['eni-node-b'] },
    vpcCidrs: [boxAddresses.vpcCidr],
    routeTables: { by: 'ids', routeTableIds: [known.routeTableIds.private] },
    identityDirectory,
  };
  const resources = opened.move();
  return {
    box,
    ec2,
    known,
    node,
    spec,
    ensure: (change = {}) => ensurePublicIdentity({ ...spec, ...change }, { node }),
    whileFiltered: async (ruleset, act) => {
      await loadRuleset(box.namespaces.pod, `table ip spoilt {\n${ruleset}\n}\n`);
      try {
        return await act();
      } finally {
        await loadRuleset(box.namespaces.pod, 'delete table ip spoilt\n');
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function loadRuleset(pod: { readonly path: string }, ruleset: string): Promise<void> {
  await runToEnd(pod, 'nft', ['-f', '-'], ruleset);
}
