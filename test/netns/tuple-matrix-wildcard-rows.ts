import assert from 'node:assert/strict';
import { boxAddresses } from '@truetuple/lab';
import { exchange } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { complete, publicIp } from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
/** Everything is in place, and the application binds 0.0.0.0: wrong for UDP. */
export const wildcardRows: readonly TupleMatrixRow[] = [
  row(
    'W1',
    'bound to 0.0.0.0: the answer to an Internet peer leaves eth0 and shows the NAT gateway',
    complete,
    async (hosts) => {
      const [peer, pod] = [await hosts.peer(), await hosts.pod('0.0.0.0')];
      const seen = await exchange(peer, advertised, pod);
      assert.equal(seen.calleeSaw, peer.tuple);
      assert.match(seen.callerSaw, new RegExp(`^${boxAddresses.natGatewayPublic}:`));
    },
  ),
  row(
    'W2',
    "bound to 0.0.0.0: a VPC client is answered from the pod's eth0 address",
    complete,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod('0.0.0.0')];
      const seen = await exchange(client, advertised, pod);
      assert.equal(seen.calleeSaw, client.tuple);
      assert.equal(seen.callerSaw, `${boxAddresses.podEth0}:5060`);
    },
  ),
];
