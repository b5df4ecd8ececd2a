import assert from 'node:assert/strict';
import { boxAddresses } from '@truetuple/lab';
import { exchange, sourceSeen } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import {
  complete,
  privateIp,
  publicIp,
  routedCidrs,
  type Situation,
} from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
const ruled: Situation = {
  ...complete,
  delivery: {
    delivery: 'rule',
    routedCidrs,
    ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
  },
};

/** Delivery `rule`: a socket on 0.0.0.0 whose source port leads it to the link's table. */
export const ruleRows: readonly TupleMatrixRow[] = [
  row(
    'W5',
    'rule: a socket on 0.0.0.0 shows an Internet peer the advertised tuple, called or calling',
    ruled,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod('0.0.0.0')];
      const seen = await exchange(peer, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: peer.tuple, callerSaw: advertised });
      const other = await hosts.peer(7000, boxAddresses.secondPeer);
      assert.equal(await sourceSeen(pod, other), advertised);
    },
  ),
  row(
    'W6',
    'rule: the same socket shows a VPC client the advertised tuple, and a subnet without the /32 the private one',
    ruled,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod('0.0.0.0')];
      const seen = await exchange(client, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: client.tuple, callerSaw: advertised });
      const far = await hosts.client(7000);
      assert.equal(await sourceSeen(pod, far), advertised);
      assert.equal(await sourceSeen(pod, await hosts.isolated()), `${privateIp}:5060`);
    },
  ),
  row(
    'W7',
    'rule leaves alone what is bound to an address or to a port that was not named',
    ruled,
    async (hosts) => {
      const client = await hosts.client();
      const byEth0 = await hosts.pod(boxAddresses.podEth0);
      assert.equal(await sourceSeen(byEth0, client), `${boxAddresses.podEth0}:5060`);
      const other = await hosts.pod('0.0.0.0', 5070);
      assert.equal(
        await sourceSeen(other, await hosts.client(5070)),
        `${boxAddresses.podEth0}:5070`,
      );
    },
  ),
];
