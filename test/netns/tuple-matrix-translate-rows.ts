import assert from 'node:assert/strict';
import { boxAddresses, type VpcBox } from '@truetuple/lab';
import { encodeInetAddress, openSocket } from '@truetuple/netlink';
import { assertNobodyTakes, assertSilent, eventually } from './tuple-matrix-evidence.ts';
import { exchange, patienceMs, sourceSeen } from './tuple-matrix-hosts.ts';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import {
  complete,
  forgetNeighbours,
  privateIp,
  publicIp,
  routedCidrs,
  type Situation,
} from './tuple-matrix-situation.ts';

const advertised = `${publicIp}:5060`;
const translated: Situation = { ...complete, delivery: { delivery: 'translate', routedCidrs } };

/** Delivery `translate`: one socket, on the private address, for every peer. */
export const translateRows: readonly TupleMatrixRow[] = [
  row('N1', 'translate: the Internet path is as it was, both ways', translated, async (hosts) => {
    const [peer, pod] = [await hosts.peer(), await hosts.pod(privateIp)];
    const seen = await exchange(peer, advertised, pod);
    assert.deepEqual(seen, { calleeSaw: peer.tuple, callerSaw: advertised });
    const other = await hosts.peer(7000, boxAddresses.secondPeer);
    assert.equal(await sourceSeen(pod, other), advertised);
  }),
  row(
    'N2',
    'translate: a VPC client calls the same socket, seen as itself, and is answered from the advertised tuple',
    translated,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      const seen = await exchange(client, advertised, pod);
      assert.deepEqual(seen, { calleeSaw: client.tuple, callerSaw: advertised });
    },
  ),
  row(
    'N3',
    'translate: what the pod begins shows a VPC client the advertised tuple, RTP with its own port',
    translated,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      assert.equal(await sourceSeen(pod, client), advertised);
      const [rtp, far] = [await hosts.pod(privateIp, 20_000), await hosts.client(30_000)];
      assert.equal(await sourceSeen(rtp, far), `${publicIp}:20000`);
    },
  ),
  row(
    'N4',
    'translate needs the Elastic IP on net1: without it nobody takes the packet',
    translated,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      const { addresses, links } = hosts.box.netlinks.pod;
      const net1 = await links.get({ name: 'net1' });
      await addresses.remove({ linkIndex: net1?.index ?? 0, address: `${publicIp}/32` });
      await forgetNeighbours(hosts.box);
      await assertNobodyTakes(hosts.box, client, advertised);
      await assertSilent(pod);
    },
  ),
  row(
    'N5',
    'translate: a VPC subnet without the /32 is shown the private tuple, which it can answer',
    translated,
    async (hosts) => {
      const [isolated, pod] = [await hosts.isolated(), await hosts.pod(privateIp)];
      const seen = await exchange(pod, isolated.tuple, isolated);
      assert.deepEqual(seen, { calleeSaw: pod.tuple, callerSaw: isolated.tuple });
    },
  ),
  row(
    'N6',
    'limit of translate: a VPC client that calls the private tuple is answered from the public one',
    translated,
    async (hosts) => {
      const [client, pod] = [await hosts.client(), await hosts.pod(privateIp)];
      const seen = await exchange(client, `${privateIp}:5060`, pod);
      assert.deepEqual(seen, { calleeSaw: client.tuple, callerSaw: advertised });
    },
  ),
  row(
    'N7',
    'limit of translate: the pod does not reach its own socket by its Elastic IP',
    translated,
    async (hosts) => {
      const [pod, other] = [await hosts.pod(privateIp), await hosts.pod(privateIp, 40_000)];
      await other.send(advertised, 'to myself');
      // by its private address it does: the same socket hears that
      assert.equal(await sourceSeen(other, pod), other.tuple);
      assert.deepEqual(
        pod.received.filter(({ payload }) => payload.toString() === 'to myself'),
        [],
      );
    },
  ),
  row(
    'N8',
    'translate: a socket learns the path MTU that a router on the way tells, and may then send that much',
    translated,
    async (hosts) => {
      const { box } = hosts;
      const client = await hosts.client();
      await withClientLink(box, 1000, async () => {
        using socket = openSocket({
          domain: 'inet',
          type: 'datagram',
          netns: box.namespaces.pod,
        });
        socket.setOption(solIp, mtuDiscover, alwaysDiscover);
        socket.bind(encodeInetAddress(privateIp, 5060));
        socket.connect(encodeInetAddress(boxAddresses.client, 5060));
        socket.send(new Uint8Array(1200));
        const mtu = await eventually(
          () => socket.getOption(solIp, mtuOption),
          (now) => now < 1500,
          'the path MTU',
        );
        assert.equal(mtu, 1000);
        // the error that came with it is told once
        assert.throws(() => socket.send(new Uint8Array(1000 - 28)), { code: 'EMSGSIZE' });
        socket.send(new Uint8Array(1000 - 28));
        const whole = await client.waitFor(({ payload }) => payload.length === 972, patienceMs);
        assert.equal(whole.from, advertised);
      });
    },
  ),
];

/** include/uapi/linux/in.h */
const [solIp, mtuDiscover, alwaysDiscover, mtuOption] = [0, 10, 2, 14];

/**
 * The router's link towards the client carries this much, for as long as `run` takes. What the router says
 * itself came in by no ENI: it needs a route of its own to the public address.
 */
async function withClientLink(box: VpcBox, mtu: number, run: () => Promise<void>): Promise<void> {
  const { links, routes } = box.netlinks.vpc;
  const name = 'eni-client';
  const before = await links.get({ name });
  const towardsPod = await links.get({ name: 'eni-node-b' });
  const route = { destination: `${publicIp}/32`, linkIndex: towardsPod?.index ?? 0 };
  await links.set({ name }, { mtu });
  await routes.add({ ...route, scope: 'link' });
  try {
    await run();
  } finally {
    await routes.remove(route);
    await links.set({ name }, { mtu: before?.mtu ?? 1500 });
  }
}
