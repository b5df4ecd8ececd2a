import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Ipv4Address } from '../../address.ts';
import type { BoundSocket, DatagramPort } from '../../media/datagram-port.ts';

/** DatagramPort over node:dgram, IPv4. */
export const nodeDatagrams: DatagramPort = {
  async bind({ address, port }, onDatagram) {
    const socket = createSocket('udp4');
    try {
      socket.bind({ address, port, exclusive: true });
      await once(socket, 'listening');
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

function boundSocket(socket: Socket): BoundSocket {
  return {
    send: (bytes, to) => socket.send(bytes, to.port, to.address, () => undefined),
    queuedBytes: () => socket.getSendQueueSize(),
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}
