import type { Server } from 'node:http';
import { LabError } from '../errors.ts';

/** Where to listen; `fd` is a bound TCP socket, perhaps of another network namespace, which is taken over. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly fd: number };

/** Resolves once the server listens. */
export function listen(server: Server, service: string, where: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new LabError({
          code: 'ListenRefused',
          message: `the ${service} endpoint cannot listen on ${JSON.stringify(where)}: ${cause.message}`,
          remedy: 'Give port 0 for any free port, and an address that this machine has.',
          cause,
        }),
      );
    });
    server.listen(where, resolve);
  });
}

/** The address of a server that listens, as `http://host:port`. */
export function urlOf(server: Server, service: string): string {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new LabError({
      code: 'OptionsInvalid',
      message: `the ${service} endpoint listens on ${address ?? 'nothing'}, which is no TCP address`,
      remedy: 'Give the descriptor of a TCP socket.',
    });
  }
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
