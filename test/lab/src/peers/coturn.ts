import { join } from 'node:path';
import type { NetworkNamespace } from '@truetuple/netlink';
import { peerFolder } from './peer-folder.ts';
import { startPeerProgram } from './peer-program.ts';

export interface CoturnOptions {
  readonly namespace: Pick<NetworkNamespace, 'path'>;
  /** Where it is asked first; with a second one it answers from there when it is asked to (RFC 5780). */
  readonly addresses: readonly [string] | readonly [string, string];
  /** Default 3478. On the second address, and for answers from another port, one more. */
  readonly port?: number;
}

export interface Coturn extends AsyncDisposable {
  /** What it wrote so far. */
  readonly output: () => string;
}

/**
 * Starts Debian's coturn as a STUN server over UDP; resolves once it answers. Its disposal ends it and takes its
 * files away.
 * @throws LabError CommandFailed, TimedOut
 */
export async function startCoturn({
  namespace,
  addresses,
  port = 3478,
}: CoturnOptions): Promise<Coturn> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(peerFolder());
  const listening = addresses.map((address) => `--listening-ip=${address}`);
  const ports = [`--listening-port=${port}`, `--alt-listening-port=${port + 1}`];
  const files = [
    `--userdb=${join(folder.path, 'users')}`,
    `--pidfile=${join(folder.path, 'pid')}`,
    '--log-file=stdout',
  ];
  // no configuration of this machine, STUN alone, all in one thread
  const fixed = '-n -v -S -m 0 --no-cli --no-tcp --no-tls --no-dtls --simple-log'.split(' ');
  const program = opened.adopt(
    await startPeerProgram({
      namespace,
      command: 'turnserver',
      args: [...fixed, ...listening, ...ports, ...files],
      readyText: 'Total General servers',
    }),
    async (each) => each.stop(),
  );
  const resources = opened.move();
  return {
    output: () => program.output,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
