import { once } from 'node:events';
import { createServer, Socket, type Server } from 'node:net';
import { encodeInetAddress, openSocket, type NetworkNamespace } from '@truetuple/netlink';

/**
 * A descriptor of a bound, listening TCP socket in a namespace, for `server.listen({ fd })` of net or http.
 * The caller owns it.
 */
export function listeningFdIn(namespace: NetworkNamespace, address: string, port: number): number {
  const native = openSocket({ domain: 'inet', type: 'stream', netns: namespace });
  try {
    native.setOption(solSocket, soReuseAddr, 1);
    native.bind(encodeInetAddress(address, port));
    native.listen(backlog);
  } catch (error) {
    native.close();
    throw error;
  }
  return native.detach();
}

/** A TCP server that listens in a namespace; `onConnection` gets each accepted socket. */
export async function tcpListenIn(
  namespace: NetworkNamespace,
  address: string,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer(onConnection);
  const listening = once(server, 'listening');
  server.listen({ fd: listeningFdIn(namespace, address, port) });
  await listening;
  return server;
}

export interface TcpConnectIn {
  readonly to: { readonly address: string; readonly port: number };
  /** Default: the kernel chooses. */
  readonly from?: { readonly address: string; readonly port?: number };
}

/** A TCP connection from a namespace, established. Rejects with the connect error. */
export async function tcpConnectIn(
  namespace: NetworkNamespace,
  how: TcpConnectIn,
): Promise<Socket> {
  const native = openSocket({ domain: 'inet', type: 'stream', netns: namespace });
  try {
    if (how.from !== undefined) {
      native.bind(encodeInetAddress(how.from.address, how.from.port ?? 0));
    }
  } catch (error) {
    native.close();
    throw error;
  }
  const socket = new Socket({ fd: native.detach(), readable: true, writable: true });
  const connected = once(socket, 'connect');
  socket.connect(how.to.port, how.to.address);
  await connected;
  return socket;
}

/** include/uapi/asm-generic/socket.h */
const solSocket = 1;
const soReuseAddr = 2;
const backlog = 128;
