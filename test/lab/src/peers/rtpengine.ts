import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { udpIn } from '../socket/udp-in.ts';
import { startPeerProgram } from './peer-program.ts';

export interface RtpengineOptions {
  /** Default: this process's own. */
  readonly namespace?: NetworkNamespace;
  /** `name/BOUND!ADVERTISED` or `name/BOUND`, as its --interface takes them. */
  readonly interfaces: readonly string[];
  /** UDP port of its ng control, on 127.0.0.1 of the namespace. */
  readonly controlPort: number;
  readonly ports: { readonly first: number; readonly last: number };
  /** Seconds without a packet after which it drops a call by itself. Default its own, 60. */
  readonly timeoutSeconds?: number;
}

/** Debian's rtpengine in user space; disposing of it ends it. */
export interface Rtpengine extends AsyncDisposable {
  /** Call-IDs that it holds: its `list`. */
  calls(): Promise<readonly string[]>;
  /** Such as SIGSTOP, after which it is silent. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts it; resolves once it takes commands.
 * @throws LabError CommandFailed, TimedOut
 */
export async function startRtpengine(options: RtpengineOptions): Promise<Rtpengine> {
  const { namespace, controlPort, ports, timeoutSeconds = 60 } = options;
  await using opened = new AsyncDisposableStack();
  const interfaces = options.interfaces.map((each) => `--interface=${each}`);
  const flags = `--listen-ng=127.0.0.1:${controlPort} -m ${ports.first} -M ${ports.last} --timeout=${timeoutSeconds}`;
  // of several threads one lets a stranger's early packet through while another still makes up its mind
  const threads = '--num-threads=1';
  const fixed = '--table=-1 --foreground --log-stderr --log-level=6 --config-file=none';
  const program = opened.adopt(
    await startPeerProgram({
      namespace,
      command: 'rtpengine',
      args: [...interfaces, ...flags.split(' '), threads, ...fixed.split(' ')],
      readyText: 'Startup complete',
    }),
    async (each) => each.stop(),
  );
  const socket = opened.adopt(await openLoopback(namespace), async (each) => {
    const closed = once(each, 'close');
    each.close();
    await closed;
  });
  const resources = opened.move();
  return {
    calls: () => list(socket, controlPort),
    signal: (name) => program.signal(name),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function openLoopback(namespace: NetworkNamespace | undefined): Promise<Socket> {
  if (namespace !== undefined) return udpIn(namespace, '127.0.0.1', 0);
  const socket = createSocket('udp4').bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  return socket;
}

/** Asks in bencode, of which a list of texts is all that has to be read. A cookie that came before gets the answer of then. */
async function list(socket: Socket, controlPort: number): Promise<readonly string[]> {
  const cookie = randomUUID();
  socket.send(`${cookie} d7:command4:liste`, controlPort, '127.0.0.1');
  const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(2000) })) as [
    Buffer,
  ];
  const calls = /^\S+ d5:callsl(.*)e6:result2:oke$/s.exec(reply.toString())?.[1];
  if (calls !== undefined) return textsOf(calls);
  throw new LabError({
    code: 'CommandFailed',
    message: `rtpengine was asked for its calls and said ${JSON.stringify(reply.toString())}`,
    remedy: 'See whether this version of rtpengine answers "list" in another shape.',
  });
}

function textsOf(bencoded: string): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < bencoded.length;) {
    const colon = bencoded.indexOf(':', at);
    const end = colon + 1 + Number(bencoded.slice(at, colon));
    texts.push(bencoded.slice(colon + 1, end));
    at = end;
  }
  return texts;
}
