import assert from 'node:assert/strict';
import { boxAddresses } from '@truetuple/lab';
import { assertDiesAt } from './tuple-matrix-evidence.ts';
import { exchange, sourceSeen } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { privateIp, publicIp, type Situation } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
/** Rules, table and the public /32 in the pod; the VPC knows no /32 route yet. */
const unrouted: Situation = {
  associated: true,
  assigned: true,
  routed: false,
  sourceDestCheck: true,
  pod: 'complete',
};
const complete: Situation = { ...unrouted, routed: true, sourceDestCheck: false };

/** The paths that hold, and the traps beside them. */
export const pathRows: readonly TupleMatrixRow[] = [
  row(
    'P1',
    'an Internet peer calls the Elastic IP and is answered from it',
    unrouted,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      const seen = await exchange(peer, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: peer.tuple, callerSaw: advertised });
    },
  ),
  row('P2', 'a call that the pod begins shows the advertised tuple', unrouted, async (hosts) => {
    const peer = await hosts.peer(7000, boxAddresses.secondPeer);
    assert.equal(await sourceSeen(await hosts.pod(privateIp), peer), advertised);
  }),
  row('P2b', 'RTP keeps its port', unrouted, async (hosts) => {
    const rtp = await hosts.pod(privateIp, 40_000);
    assert.equal(await sourceSeen(rtp, await hosts.peer()), `${publicIp}:40000`);
  }),
  row(
    'P3',
    'strict rp_filter passes once the source rules are there',
    { ...unrouted, rpFilter: 'strict' },
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
      const seen = await exchange(peer, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: peer.tuple, callerSaw: advertised });
    },
  ),
  row(
    'P4',
    'a VPC client without a /32 route is answered by the hairpin, and shows the NAT gateway',
    unrouted,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      const seen = await exchange(client, advertised, pod);
      assert.match(seen.calleeSaw, new RegExp(`^${boxAddresses.natGatewayPublic}:`));
      assert.equal(seen.callerSaw, advertised);
    },
  ),
  row(
    'P5',
    'trap: the public IP as source towards the Internet dies at the ENI while its check is on',
    unrouted,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(publicIp)];
      await assertDiesAt(hosts.box, 'src_check', peer, () => pod.send(peer.tuple, 'call'));
    },
  ),
  row(
    'P6',
    'a VPC client by the /32 route: the pod sees the client itself, the client sees the advertised tuple',
    complete,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(publicIp)];
      const seen = await exchange(client, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: client.tuple, callerSaw: advertised });
    },
  ),
  row('P7', 'the Internet path is unchanged by the /32 route', complete, async (hosts) => {
    const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
    const seen = await exchange(peer, advertised, pod);
    assert.deepEqual(seen, { calleeSaw: peer.tuple, callerSaw: advertised });
  }),
  row(
    'P8',
    'trap: the public IP as source towards the Internet dies at the gateway when the check is off',
    complete,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod(publicIp)];
      await assertDiesAt(hosts.box, 'no_eip', peer, () => pod.send(peer.tuple, 'call'));
    },
  ),
  row(
    'P9',
    'trap: a VPC client sees the private tuple of a socket bound to the private IP',
    complete,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      assert.equal(await sourceSeen(pod, client), `${privateIp}:5060`);
    },
  ),
];
