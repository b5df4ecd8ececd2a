import assert from 'node:assert/strict';
import {
  ensurePublicIdentity,
  type HeldIdentity,
  type PublicIdentity,
  type StepEvent,
} from '@truetuple/core';
import { boxAddresses, openUdpPeer } from '@truetuple/lab';
import { exchange } from '../../netns/tuple-matrix-hosts.ts';
import { openCluster, type Cluster, type ClusterPod } from './cluster.ts';
import type { GuestRow } from './row.ts';

let cluster: Promise<Cluster> | undefined;

function sharedCluster(): Promise<Cluster> {
  cluster ??= openCluster();
  return cluster;
}

/** Identities from end to end on ipvlan l2: EC2 simulated in this process, packets by the box. */
export const identityRows: readonly GuestRow[] = [
  {
    id: 'I1',
    title:
      'an identity found by the MAC address that net1 shares with its ENI is seen as advertised, and given back whole',
    run: async () => {
      const { box, ec2, known, first } = await sharedCluster();
      const before = ec2.snapshot();
      const { identity } = await holding(first, async (held) => {
        assert.equal(held.identity.networkInterfaceId, known.networkInterfaceIds['eni-node-b']);
        assert.equal(await linkPublicIps(first), held.identity.publicIp);
        await assertSeenAsAdvertised(box, first, held.identity);
        return held;
      });
      assert.equal(ec2.snapshot().addresses.find(isHeld(identity)), undefined);
      assert.deepEqual(ec2.snapshot().addresses, before.addresses);
      assert.deepEqual(ec2.snapshot().routeTables, before.routeTables);
      assert.equal(await linkPublicIps(first), '');
      assert.deepEqual(box.eni('eni-node-b').addresses, [boxAddresses.nodeSecondary]);
    },
  },
  {
    id: 'I2',
    title:
      'two pods on one ENI take an identity each at the same time, and releasing one leaves the other whole',
    run: async () => {
      const { box, first, second } = await sharedCluster();
      const [kept, other] = await Promise.all([ensure(first), ensure(second)]);
      try {
        assert.notEqual(other.identity.publicIp, kept.identity.publicIp);
        await assertSeenAsAdvertised(box, second, other.identity);
        await other.release();
        await assertSeenAsAdvertised(box, first, kept.identity);
      } finally {
        await Promise.all([kept.release(), other.release()]);
      }
    },
  },
  {
    id: 'I3',
    title:
      'a public address that another pod of the ENI still carries is given back, and the next one taken',
    run: async () => {
      const { ec2, first, second } = await sharedCluster();
      const preferred = await holding(first, async ({ identity }) => identity);
      const { index } = await requireNet1(second);
      const leftOver = { linkIndex: index, address: `${preferred.publicIp}/32` };
      await second.netlink.addresses.add({ family: 'ipv4', scope: 'link', ...leftOver });
      try {
        const steps: StepEvent[] = [];
        await holding(
          first,
          async ({ identity }) => {
            assert.notEqual(identity.publicIp, preferred.publicIp);
            assert.equal(ec2.snapshot().addresses.find(isHeld(preferred)), undefined);
          },
          (step) => steps.push(step),
        );
        const refused = steps.filter(({ phase }) => phase === 'failed').map(({ name }) => name);
        assert.deepEqual(refused, ['add-address']);
      } finally {
        await second.netlink.addresses.remove(leftOver);
      }
    },
  },
];

/** Takes an identity, does something with it, and gives it back however that ends. */
async function holding<T>(
  pod: ClusterPod,
  use: (held: HeldIdentity) => Promise<T>,
  onStep: (step: StepEvent) => void = () => {},
): Promise<T> {
  const held = await ensure(pod, onStep);
  try {
    return await use(held);
  } finally {
    await held.release();
  }
}

function ensure(
  pod: ClusterPod,
  onStep: (step: StepEvent) => void = () => {},
): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node, onStep });
}

/** The promise itself: an Internet peer and a VPC client both see the advertised tuple answer. */
async function assertSeenAsAdvertised(
  box: Cluster['box'],
  pod: ClusterPod,
  identity: PublicIdentity,
): Promise<void> {
  const advertised = `${identity.publicIp}:5060`;
  const { namespace } = pod;
  await using peer = await openUdpPeer({
    namespace: box.namespaces.peer,
    address: boxAddresses.peer,
    port: 5060,
  });
  await using client = await openUdpPeer({
    namespace: box.namespaces.client,
    address: boxAddresses.client,
    port: 5060,
  });
  await using internet = await openUdpPeer({
    namespace,
    address: identity.bind.internet,
    port: 5060,
  });
  await using vpc = await openUdpPeer({ namespace, address: identity.bind.vpc, port: 5060 });
  assert.deepEqual(await exchange(peer, advertised, internet), {
    calleeSaw: peer.tuple,
    callerSaw: advertised,
  });
  assert.deepEqual(await exchange(client, advertised, vpc), {
    calleeSaw: client.tuple,
    callerSaw: advertised,
  });
}

async function requireNet1(pod: ClusterPod): Promise<{ readonly index: number }> {
  const net1 = await pod.netlink.links.get({ name: 'net1' });
  assert.ok(net1, `pod ${pod.name} has a net1`);
  return net1;
}

/** The public addresses on a pod's net1, as one text. */
async function linkPublicIps(pod: ClusterPod): Promise<string> {
  const { index } = await requireNet1(pod);
  const addresses = await pod.netlink.addresses.list({ linkIndex: index, family: 'ipv4' });
  return addresses
    .filter(({ address }) => address.endsWith('/32'))
    .map(({ address }) => address.slice(0, -'/32'.length))
    .join(' ');
}

function isHeld(
  identity: PublicIdentity,
): (address: { readonly allocationId: string; readonly associationId?: string }) => boolean {
  return ({ allocationId, associationId }) =>
    allocationId === identity.allocationId && associationId !== undefined;
}
