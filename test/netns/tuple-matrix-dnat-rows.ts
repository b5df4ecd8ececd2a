import assert from 'node:assert/strict';
import { exchange, sourceSeen } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { complete, privateIp, publicIp, type Situation } from './tuple-matrix-situation.ts';

const dnat: Situation = { ...complete, delivery: { delivery: 'dnat' } };

/** Delivery `dnat`: connection tracking, so that answers are right and nothing else. */
export const dnatRows: readonly TupleMatrixRow[] = [
  row(
    'D1',
    'dnat: a socket on the private address answers a VPC client and an Internet peer from the advertised tuple',
    dnat,
    async (hosts) => {
      for (const [port, caller] of [
        [5060, await hosts.client()],
        [5070, await hosts.peer()],
      ] as const) {
        const advertised = `${publicIp}:${port}`;
        const seen = await exchange(caller, advertised, await hosts.pod(privateIp, port));
        assert.deepEqual(seen, { calleeSaw: caller.tuple, callerSaw: advertised });
      }
    },
  ),
  row(
    'D2',
    'limit of dnat: a VPC client that has not called sees the private tuple',
    dnat,
    async (hosts) => {
      const [client, pod] = [await hosts.client(5070), await hosts.pod(privateIp, 5080)];
      assert.equal(await sourceSeen(pod, client), `${privateIp}:5080`);
    },
  ),
];
