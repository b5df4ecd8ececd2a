import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { boxAddresses, type BoxHostName, type VpcBox } from '@truetuple/lab';
import { encodeInetAddress, openSocket } from '@truetuple/netlink';
import { row, type TupleMatrixRow } from './tuple-matrix-row.ts';
import { complete, privateIp, publicIp, type Situation } from './tuple-matrix-situation.ts';

const port = 5061;
/** include/uapi/asm-generic/socket.h */
const [solSocket, reuseAddress] = [1, 2];
const any: Situation = {
  ...complete,
  delivery: { delivery: 'any', ports: [{ protocol: 'tcp', first: port, last: port }] },
};

/** One TCP connection as its listening side saw it. */
interface Connection {
  readonly calledAddress: string;
  readonly peerAddress: string;
}

/**
 * A connection from one host to another, bound by neither to an address. It is made only if each packet
 * shows the tuple that the other side awaits.
 */
async function connect(
  box: VpcBox,
  { from, to, address }: { from: BoxHostName; to: BoxHostName; address: string },
): Promise<Connection> {
  const listening = openSocket({ domain: 'inet', type: 'stream', netns: box.namespaces[to] });
  // the row before may have left a connection in TIME-WAIT
  listening.setOption(solSocket, reuseAddress, 1);
  listening.bind(encodeInetAddress('0.0.0.0', port));
  listening.listen(1);
  const server = net.createServer().listen({ fd: listening.detach() });
  using caller = openSocket({ domain: 'inet', type: 'stream', netns: box.namespaces[from] });
  try {
    const accepted = once(server, 'connection');
    caller.connect(encodeInetAddress(address, port));
    const [connection] = (await accepted) as [net.Socket];
    const { localAddress = '', remoteAddress = '' } = connection;
    connection.destroy();
    return { calledAddress: localAddress, peerAddress: remoteAddress };
  } finally {
    server.close();
  }
}

/** Delivery `any`: TCP on 0.0.0.0, right for who is called and wrong for who calls. */
export const anyRows: readonly TupleMatrixRow[] = [
  row(
    'A1',
    'any: a TCP listener on 0.0.0.0 is reached by an Internet peer at the Elastic IP',
    any,
    async ({ box }) => {
      const seen = await connect(box, { from: 'peer', to: 'pod', address: publicIp });
      assert.deepEqual(seen, { calledAddress: privateIp, peerAddress: boxAddresses.peer });
    },
  ),
  row('A2', 'any: the same listener is reached by a VPC client', any, async ({ box }) => {
    const seen = await connect(box, { from: 'client', to: 'pod', address: publicIp });
    assert.deepEqual(seen, { calledAddress: publicIp, peerAddress: boxAddresses.client });
  }),
  row(
    'A3',
    'limit of any: a connection that the pod makes without an address leaves by eth0',
    any,
    async ({ box }) => {
      const seen = await connect(box, { from: 'pod', to: 'client', address: boxAddresses.client });
      assert.equal(seen.peerAddress, boxAddresses.podEth0);
    },
  ),
];
