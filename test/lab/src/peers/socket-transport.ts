import { once } from 'node:events';
import type { Socket } from 'node:dgram';
import type { Transport } from '@truetuple/sip-engine';

/** A bound socket, of whichever namespace, as a SIP transport. It is closed with the transport. */
export function socketTransport(socket: Socket): Transport {
  const { address, port } = socket.address();
  const localAddress = { address, port };
  const sends = new Set<Promise<void>>();
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // node:dgram loses what waits for its turn when a socket closes
    await Promise.all(sends);
    const isClosed = once(socket, 'close');
    socket.close();
    await isClosed;
  };
  return {
    kind: 'udp',
    localAddress,
    send: (bytes, to) => {
      if (closed !== undefined) return;
      // a datagram that the system refuses is one that was lost
      const { promise, resolve } = Promise.withResolvers<undefined>();
      socket.send(bytes, to.port, to.address, () => resolve(undefined));
      const sent: Promise<void> = promise.then(() => void sends.delete(sent));
      sends.add(sent);
    },
    onMessage: (listener) => {
      const hear = (bytes: Buffer, from: { address: string; port: number }): void => {
        listener(bytes, { address: from.address, port: from.port }, localAddress);
      };
      socket.on('message', hear);
      return () => void socket.off('message', hear);
    },
    onFailure: () => () => undefined,
    close: () => (closed ??= close()),
  };
}
