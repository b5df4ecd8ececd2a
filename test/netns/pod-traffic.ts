import { once } from 'node:events';
import net from 'node:net';
import {
  decodeInetAddress,
  encodeInetAddress,
  NetlinkError,
  openSocket,
  type NativeSocket,
  type NetworkNamespace,
} from '@truetuple/netlink';

/** A UDP socket that is bound to one address, and hence to one identity. */
export interface BoundUdp extends Disposable {
  readonly address: string;
  /** `sent`, or the errno that the kernel refused it with. */
  send(to: string, text: string): string;
  /** Waits for the next datagram. */
  next(): Promise<{ readonly from: string; readonly text: string }>;
}

export interface SocketManner {
  /**
   * IP_TRANSPARENT: the kernel then routes by the source even when no link has it any more. It does
   * not for others, which alone keeps those from leaking when their link is deleted.
   */
  readonly transparent?: boolean;
}

const port = 5060;
/** include/uapi/linux/in.h */
const [solIp, ipTransparent] = [0, 19];

export function boundUdp(
  netns: NetworkNamespace,
  address: string,
  { transparent = false }: SocketManner = {},
): BoundUdp {
  const socket = openSocket({ domain: 'inet', type: 'datagram', netns });
  if (transparent) socket.setOption(solIp, ipTransparent, 1);
  socket.bind(encodeInetAddress(address, port));
  const arrived: { from: string; text: string }[] = [];
  const waiting: (() => void)[] = [];
  const buffer = new Uint8Array(2048);
  socket.onReadable(() => {
    for (;;) {
      const received = socket.receive(buffer);
      if (received === undefined) break;
      const from = decodeInetAddress(received.from)?.address ?? '';
      arrived.push({ from, text: Buffer.from(buffer.subarray(0, received.length)).toString() });
      waiting.shift()?.();
    }
  });
  return {
    address,
    send: (to, text) => {
      try {
        socket.sendTo(Buffer.from(text), encodeInetAddress(to, port));
        return 'sent';
      } catch (error) {
        if (NetlinkError.is(error)) return error.code;
        throw error;
      }
    },
    next: async () => {
      while (arrived.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return arrived.shift() ?? { from: '', text: '' };
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** A live TCP connection from the pod, bound to one address, to a server in another namespace. */
export interface LiveTcp extends Disposable {
  send(text: string): void;
  /** Waits until the server has received this much. */
  received(text: string): Promise<void>;
}

export async function liveTcp(
  client: SocketManner & { readonly netns: NetworkNamespace; readonly address: string },
  server: { readonly netns: NetworkNamespace; readonly address: string },
): Promise<LiveTcp> {
  const listening = openSocket({ domain: 'inet', type: 'stream', netns: server.netns });
  listening.bind(encodeInetAddress(server.address, port));
  listening.listen(1);
  const acceptor = net.createServer().listen({ fd: listening.detach() });
  const socket: NativeSocket = openSocket({ domain: 'inet', type: 'stream', netns: client.netns });
  if (client.transparent === true) socket.setOption(solIp, ipTransparent, 1);
  socket.bind(encodeInetAddress(client.address, 0));
  const accepted = once(acceptor, 'connection');
  socket.connect(encodeInetAddress(server.address, port));
  const [peer] = (await accepted) as [net.Socket];
  let text = '';
  peer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    peer.emit('grown');
  });
  return {
    send: (chunk) => {
      socket.send(Buffer.from(chunk));
    },
    received: async (wanted) => {
      while (!text.includes(wanted)) await once(peer, 'grown');
    },
    [Symbol.dispose]: () => {
      socket.close();
      peer.destroy();
      acceptor.close();
    },
  };
}
