import assert from 'node:assert/strict';
import { boxAddresses, capture, type Capture, type CapturedPacket } from '@truetuple/lab';
import {
  addressOf,
  assertDiesAt,
  assertNobodyTakes,
  assertSilent,
  eventually,
  reversePathDrops,
  udpFrom,
} from './tuple-matrix-evidence.ts';
import { exchange, patienceMs, sourceSeen } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { complete, privateIp, publicIp, type Situation } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
const natGateway = boxAddresses.natGatewayPublic;
/** The VPC side is right, and the pod is as the CNI left it. */
const cloudOnly: Situation = {
  associated: true,
  assigned: true,
  routed: false,
  sourceDestCheck: true,
  pod: 'bare',
};

/** Each row lacks one piece of what an identity needs. */
export const faultRows: readonly TupleMatrixRow[] = [
  row(
    'F1',
    'no Elastic IP associated: what a peer sends to it dies at the Internet gateway',
    { ...cloudOnly, associated: false },
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      await assertDiesAt(hosts.box, 'no_dst', pod, () => peer.send(advertised, 'call'));
    },
  ),
  row(
    'F2',
    'Elastic IP associated, private IP not on the ENI: black hole at the VPC router',
    { ...cloudOnly, assigned: false },
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      await assertDiesAt(hosts.box, 'blackhole', pod, () => peer.send(advertised, 'call'));
    },
  ),
  row(
    'F3',
    'no policy rule: the call arrives on net1, the answer leaves eth0 and shows the NAT gateway',
    cloudOnly,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      using eth0 = await capture(hosts.box.namespaces.pod, 'eth0');
      const seen = await exchange(peer, advertised, pod);
      assert.equal(seen.calleeSaw, peer.tuple);
      assert.equal(addressOf(seen.callerSaw), natGateway);
      await eth0.waitFor(sent(`${privateIp}:5060`), patienceMs);
    },
  ),
  row(
    'F4',
    'strict rp_filter and no rule: a capture on net1 sees the call, the socket does not',
    { ...cloudOnly, rpFilter: 'strict' },
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      const before = reversePathDrops(hosts.box);
      using net1 = await capture(hosts.box.namespaces.pod, 'net1');
      await peer.send(advertised, 'call');
      await net1.waitFor(udpFrom(peer.tuple), patienceMs);
      const drops = (): number => reversePathDrops(hosts.box) - before;
      assert.equal(await eventually(drops, (count) => count > 0, 'an rp_filter drop'), 1);
      await assertSilent(pod);
    },
  ),
  row(
    'F5',
    'RTP from eth0:40000 arrives as the NAT gateway with another port',
    cloudOnly,
    async (hosts) => {
      const [peer, rtp] = [await hosts.peer(), await hosts.pod(boxAddresses.podEth0, 40_000)];
      const seen = await sourceSeen(rtp, peer);
      assert.equal(addressOf(seen), natGateway);
      assert.notEqual(seen, `${natGateway}:40000`);
    },
  ),
  row(
    'F6',
    'VPC client, neither /32 route nor rule: a hairpin by both gateways, and the answer is lost',
    cloudOnly,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      using nat = await capture(hosts.box.namespaces.natgw, 'eth0');
      await client.send(advertised, 'call');
      const call = await pod.receive(0, patienceMs);
      assert.equal(addressOf(call.from), natGateway);
      await pod.send(call.from, 'the lost answer');
      await seesLostAnswer(nat);
      await assertSilent(client);
    },
  ),
  row(
    'F7',
    '/32 route but the source/destination check on: dropped at the ENI',
    { ...complete, sourceDestCheck: true },
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(publicIp)];
      await assertDiesAt(hosts.box, 'dst_check', pod, () => client.send(advertised, 'call'));
    },
  ),
  row(
    'F8',
    '/32 route and check off but the Elastic IP not on net1: nobody takes the packet',
    { ...complete, pod: 'ruled' },
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod('0.0.0.0')];
      await assertNobodyTakes(hosts.box, client, advertised);
      await assertSilent(pod);
    },
  ),
];

/** The answer comes back to the NAT gateway as if from itself, where no connection is waiting for it. */
async function seesLostAnswer(nat: Capture): Promise<void> {
  await nat.waitFor(
    ({ direction, frame: { network } }) =>
      direction === 'incoming' &&
      network.kind === 'ipv4' &&
      network.source === natGateway &&
      network.transport.kind === 'udp' &&
      Buffer.from(network.transport.payload).toString() === 'the lost answer',
    patienceMs,
  );
}

function sent(tuple: string): (packet: CapturedPacket) => boolean {
  const isFrom = udpFrom(tuple);
  return (packet) => packet.direction === 'outgoing' && isFrom(packet);
}
