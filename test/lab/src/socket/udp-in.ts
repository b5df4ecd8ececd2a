import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeInetAddress, openSocket, type NetworkNamespace } from '@truetuple/netlink';

/**
 * A UDP socket that lives in a namespace and is used from this process like any other: the descriptor is
 * made and bound there, then handed to Node. Port 0 lets the kernel choose.
 * @throws NetlinkError EADDRNOTAVAIL, EADDRINUSE
 */
export async function udpIn(
  namespace: NetworkNamespace,
  address: string,
  port: number,
): Promise<Socket> {
  const native = openSocket({ domain: 'inet', type: 'datagram', netns: namespace });
  try {
    native.bind(encodeInetAddress(address, port));
  } catch (error) {
    native.close();
    throw error;
  }
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind({ fd: native.detach() });
  await listening;
  return socket;
}
