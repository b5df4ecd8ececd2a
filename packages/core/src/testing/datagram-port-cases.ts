import assert from 'node:assert/strict';
import type { DatagramPort, DatagramSocket, Endpoint } from '../verify/datagram-port.ts';

/** One thing that every DatagramPort must do, on addresses that it has; throws an AssertionError when it does not. */
export interface DatagramPortCase {
  readonly title: string;
  readonly run: (port: DatagramPort, address: string) => Promise<void>;
}

export const datagramPortCases: readonly DatagramPortCase[] = [
  {
    title: 'binds what was asked for, and says which port the system chose',
    run: async (port, address) => {
      await using one = await opened(port, { address, port: 0 });
      assert.equal(one.socket.local.address, address);
      assert.ok(one.socket.local.port > 0);
    },
  },
  {
    title: 'refuses a port that is held, and gives it once it is free',
    run: async (port, address) => {
      const local = await (async () => {
        await using holder = await opened(port, { address, port: 0 });
        const again = await port.open(holder.socket.local);
        assert.deepEqual(again, { kind: 'refused', errno: 'EADDRINUSE' });
        return holder.socket.local;
      })();
      await using next = await opened(port, local);
      assert.deepEqual(next.socket.local, local);
    },
  },
  {
    title: 'refuses an address that this host has not',
    run: async (port) => {
      const refused = await port.open({ address: '192.0.2.1', port: 0 });
      assert.deepEqual(refused, { kind: 'refused', errno: 'EADDRNOTAVAIL' });
    },
  },
  {
    title: 'brings each datagram to each listener, with its source, until that stops to listen',
    run: async (port, address) => {
      await using one = await opened(port, { address, port: 0 });
      await using other = await opened(port, { address, port: 0 });
      const first = hearing(other.socket);
      const second = hearing(other.socket);
      assert.deepEqual(await one.socket.send(Uint8Array.of(1), other.socket.local), {
        kind: 'sent',
      });
      const heard = { bytes: [1], from: one.socket.local };
      assert.deepEqual(await first.next(), heard);
      assert.deepEqual(await second.next(), heard);
      first.stop();
      await one.socket.send(Uint8Array.of(2), other.socket.local);
      assert.deepEqual((await second.next()).bytes, [2]);
      assert.equal(first.waiting(), 0);
    },
  },
  {
    title: 'knows no address of a name that does not exist',
    run: async (port) => {
      // RFC 6761: this top-level domain never exists
      assert.deepEqual(await port.resolve('stun.invalid', 'ipv4'), []);
      assert.deepEqual(await port.resolve('stun.invalid', 'ipv6'), []);
    },
  },
];

interface Opened extends AsyncDisposable {
  readonly socket: DatagramSocket;
}

async function opened(port: DatagramPort, local: Endpoint): Promise<Opened> {
  const result = await port.open(local);
  assert.ok(result.kind === 'open', `${local.address}:${local.port} cannot be bound`);
  const { socket } = result;
  return { socket, [Symbol.asyncDispose]: () => socket.close() };
}

interface Heard {
  readonly bytes: readonly number[];
  readonly from: Endpoint;
}

function hearing(socket: DatagramSocket): {
  readonly next: () => Promise<Heard>;
  readonly waiting: () => number;
  readonly stop: () => void;
} {
  const heard: Heard[] = [];
  let wake: (() => void) | undefined;
  const stop = socket.listen((bytes, from) => {
    heard.push({ bytes: [...bytes], from });
    wake?.();
  });
  const next = async (): Promise<Heard> => {
    const first = heard.shift();
    if (first !== undefined) return first;
    await new Promise<void>((resolve) => (wake = resolve));
    return next();
  };
  return { next, waiting: () => heard.length, stop };
}
