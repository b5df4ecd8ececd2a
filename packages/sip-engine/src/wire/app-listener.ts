import { createServer, type Server, type Socket } from 'node:net';
import { SipEngineError } from '../errors.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { AppConnection, AppLink } from './app-connection.ts';

export interface AppListenerOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Connections at once, those without the secret included. */
  readonly maxConnections: number;
  /** Bytes that may wait for an application that does not read; beyond it the connection is cut. */
  readonly maxUnreadBytes: number;
}

/** A TCP port that applications connect to (drachtio's inbound mode). */
export interface AppListener {
  readonly localAddress: Tuple;
  close(): Promise<void>;
}

/**
 * Listens for applications.
 * @param accept makes the engine's side of each connection
 * @throws SipEngineError AddressInUse, AddressNotAvailable
 */
export async function listenForApps(
  options: AppListenerOptions,
  accept: (link: AppLink) => AppConnection,
): Promise<AppListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    const app = accept(linkOf(socket, options.maxUnreadBytes));
    socket.on('data', (bytes) => app.receive(bytes));
    // an error is always followed by close
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      app.lost();
    });
  });
  server.maxConnections = options.maxConnections;
  await open(server, options);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  return {
    localAddress: { address: options.address, port },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      }),
  };
}

function linkOf(socket: Socket, maxUnreadBytes: number): AppLink {
  return {
    write(frame): void {
      socket.write(frame);
      if (socket.writableLength > maxUnreadBytes) socket.destroy();
    },
    close: () => socket.destroySoon(),
  };
}

async function open(server: Server, { address, port }: AppListenerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isUsed = cause.code === 'EADDRINUSE';
      reject(
        new SipEngineError({
          code: isUsed ? 'AddressInUse' : 'AddressNotAvailable',
          message: `Tried to listen for applications on tcp ${address}:${port}: ${cause.message}`,
          remedy: isUsed
            ? 'Stop what listens there, or choose another port.'
            : 'Choose an address that this machine has, and a port that this process may use.',
          retry: isUsed ? 'later' : 'never',
          cause,
        }),
      );
    });
    server.listen({ host: address, port, exclusive: true }, resolve);
  });
}
