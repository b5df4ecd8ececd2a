import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeInetAddress, openSocket, type NetworkNamespace } from '@truetuple/netlink';

/**
 * A UDP socket that lives in a namespace and is used from this process like any other: the descriptor is
 * made and bound there, then handed to Node. An IPv6 address makes an IPv6 socket. Port 0 lets the kernel choose.
 * @throws NetlinkError EADDRNOTAVAIL, EADDRINUSE
 */
export async function udpIn(
  namespace: NetworkNamespace,
  address: string,
  port: number,
): Promise<Socket> {
  const isIpv6 = address.includes(':');
  const domain = isIpv6 ? 'inet6' : 'inet';
  const native = openSocket({ domain, type: 'datagram', netns: namespace });
  try {
    native.bind(encodeInetAddress(address, port));
  } catch (error) {
    native.close();
    throw error;
  }
  const socket = createSocket(isIpv6 ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind({ fd: native.detach() });
  await listening;
  return socket;
}
