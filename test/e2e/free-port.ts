import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP port that nobody holds on this address at this moment. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const socket = createSocket('udp4').bind({ address, port: 0 });
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
