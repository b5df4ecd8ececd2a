import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Ipv4Address } from '../../address.ts';
import type { BoundSocket, DatagramPort } from '../../media/datagram-port.ts';

/** DatagramPort over node:dgram, IPv4. */
export const nodeDatagrams: DatagramPort = {
  async bind({ address, port }, onDatagram) {
    const socket = createSocket({ type: 'udp4', lookup: isLiteral });
    try {
      // with nothing to look up it listens at once
      const listening = once(socket, 'listening');
      socket.bind({ address, port, exclusive: true });
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.on('message', (bytes, from) =>
      onDatagram(bytes, { address: from.address as Ipv4Address, port: from.port }),
    );
    // an ICMP error or a full buffer is what a lost packet looks like: the next one may arrive
    socket.on('error', () => undefined);
    return boundSocket(socket);
  },
};

/** Every address here is a literal: a packet goes out in the call to `send`, not in a later turn. */
function isLiteral(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, 4);
}

function boundSocket(socket: Socket): BoundSocket {
  return {
    // a packet that could not be sent is a lost packet: nobody is called back, which would take a turn of its own for each
    send: (bytes, to) => socket.send(bytes, to.port, to.address),
    queuedBytes: () => socket.getSendQueueSize(),
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
