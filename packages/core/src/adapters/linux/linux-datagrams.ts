import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { NetnsReference } from '@truetuple/netlink';
import {
  familyOf,
  type DatagramPort,
  type DatagramSocket,
  type Endpoint,
  type OpenedSocket,
  type SocketRefusal,
} from '../../verify/datagram-port.ts';

/** Where the sockets are. */
export interface LinuxDatagramsOptions {
  /** Another network namespace, as the kernel's half takes it. Names are resolved in this process's own. */
  readonly netns?: NetnsReference;
}

/** DatagramPort over node:dgram. A port that somebody holds is never shared, and an IPv6 socket takes no IPv4. */
export function linuxDatagrams({ netns }: LinuxDatagramsOptions = {}): DatagramPort {
  return {
    async open(local): Promise<OpenedSocket> {
      const common = { reuseAddr: false, lookup: literal };
      const socket =
        familyOf(local.address) === 'ipv6'
          ? createSocket({ type: 'udp6', ipv6Only: true, ...common })
          : createSocket({ type: 'udp4', ...common });
      try {
        const listening = once(socket, 'listening');
        if (netns === undefined) socket.bind({ ...local, exclusive: true });
        else socket.bind({ fd: await boundIn(netns, local), exclusive: true });
        await listening;
        // an ICMP error is what a lost packet looks like: the answer is awaited all the same
        socket.on('error', () => {});
        return { kind: 'open', socket: datagramSocket(socket, () => closed(socket)) };
      } catch (error) {
        socket.close();
        return refusalOf(error);
      }
    },
    async resolve(host, family) {
      try {
        const found = await lookup(host, { family: family === 'ipv6' ? 6 : 4, all: true });
        return found.map(({ address }) => address);
      } catch {
        return [];
      }
    },
  };
}

/**
 * An application's own bound socket, lent for proofs on the port that it holds. The application keeps it and
 * keeps hearing everything, answers of STUN servers too: datagrams whose first byte is 0 to 3 (RFC 7983
 * section 7), which neither SIP nor RTP starts with.
 */
export function applicationSocket(socket: Socket): DatagramSocket {
  // closing is the application's
  return datagramSocket(socket, async () => {});
}

function datagramSocket(socket: Socket, close: () => Promise<void>): DatagramSocket {
  const { address, port } = socket.address();
  return {
    local: { address, port },
    send: (bytes, to) =>
      new Promise((resolve) => {
        try {
          socket.send(bytes, to.port, to.address, (error) =>
            resolve(error === null || error === undefined ? { kind: 'sent' } : refusalOf(error)),
          );
        } catch {
          // a socket that its owner has closed throws at once, as node's own error
          resolve({ kind: 'refused', errno: 'EBADF' });
        }
      }),
    listen(heard) {
      const hear = (bytes: Uint8Array, from: Endpoint): void =>
        heard(bytes, { address: from.address, port: from.port });
      socket.on('message', hear);
      return () => void socket.off('message', hear);
    },
    close,
  };
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/** The descriptor of a socket that lives in another namespace; its next owner closes it. */
async function boundIn(netns: NetnsReference, { address, port }: Endpoint): Promise<number> {
  const netlink = await import('./netlink-sockets.ts');
  const domain = familyOf(address) === 'ipv6' ? 'inet6' : 'inet';
  const native = netlink.openSocket({ domain, type: 'datagram', netns });
  try {
    native.bind(netlink.encodeInetAddress(address, port));
    return native.detach();
  } catch (error) {
    native.close();
    throw error;
  }
}

function refusalOf(error: unknown): SocketRefusal {
  const isCoded = error instanceof Error && 'code' in error;
  return { kind: 'refused', errno: isCoded ? String(error.code) : String(error) };
}

/** Every address here is a literal. */
function literal(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, familyOf(address) === 'ipv6' ? 6 : 4);
}
