import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Tuple } from './flow.ts';

/** A bound UDP socket of the namespace this process is in; port 0 lets the system choose. */
export async function bindUdp(address: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, address);
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The preferred port where it is free, any other where it is not. */
export async function bindUdpNear(address: string, port: number): Promise<Socket> {
  try {
    return await bindUdp(address, port);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return bindUdp(address, 0);
  }
}

export function tupleOf(socket: Socket): Tuple {
  const { address, port } = socket.address();
  return { address, port };
}

/** False when the system refused the packet: no route, no memory, no permission. */
export function sendDatagram(socket: Socket, payload: Uint8Array, to: Tuple): Promise<boolean> {
  return new Promise((resolve) => {
    socket.send(payload, to.port, to.address, (error) => resolve(error === null));
  });
}

/** Resolves once the descriptor is given back. */
export async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
