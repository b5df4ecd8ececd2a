import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { boxAddresses, runIn, type VpcBox } from '@truetuple/lab';
import type { Cidr, PeerNetworks } from '@truetuple/sip-gateway';
import { privateIp, publicIp } from '../netns/tuple-matrix-situation.ts';
import type { GatewayChildInput, GatewayReport } from './gateway-child.ts';

/** The identity of the box's pod as `establish(box, complete)` makes it, with two sockets. */
export const podNetworks: PeerNetworks = {
  identity: {
    publicIp,
    privateIp,
    subnetCidr: boxAddresses.subnetCidr.public as Cidr,
    vpcCidrs: [boxAddresses.vpcCidr as Cidr],
    bind: { internet: privateIp, vpc: publicIp },
    delivery: 'both',
  },
};

type Report<K extends GatewayReport['kind']> = GatewayReport & { readonly kind: K };

/** How a gateway's process ended. */
export interface GatewayExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A gateway process in the pod's namespace; disposing of it kills it and waits until it is gone. */
export interface GatewayInPod extends AsyncDisposable {
  readonly pid: number;
  /** What it holds now. */
  counts(): Promise<Report<'counts'>['counts']>;
  /** What its relay holds now, and has counted. */
  media(): Promise<Report<'media'>['media']>;
  /** Sends SIGTERM; resolves once it drains. */
  drain(): Promise<void>;
  /** Resolves once it has drained and closed. */
  drained(): Promise<Report<'drained'>>;
  readonly exited: Promise<GatewayExit>;
}

/** Starts gateway-child.ts in the pod; resolves once it takes calls. Its standard error is the test's own. */
export async function gatewayInPod(box: VpcBox, input: GatewayChildInput): Promise<GatewayInPod> {
  const program = fileURLToPath(new URL('gateway-child.ts', import.meta.url));
  const args = ['-C', 'truetuple-source', program, JSON.stringify(input)];
  const child = runIn(box.namespaces.pod, process.execPath, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the gateway has no standard streams');
  const exited = new Promise<GatewayExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // a question to a process that has just ended: its exit says so
  stdin.on('error', () => undefined);
  const until = reportsOf(stdout, exited);
  await until('ready');
  return {
    pid: child.pid ?? 0,
    exited,
    counts: async () => {
      const answer = until('counts');
      stdin.write('counts\n');
      return (await answer).counts;
    },
    media: async () => {
      const answer = until('media');
      stdin.write('media\n');
      return (await answer).media;
    },
    drain: async () => {
      const draining = until('draining');
      child.kill('SIGTERM');
      await draining;
    },
    drained: () => until('drained'),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Gives the way to wait for the next report of a kind that nobody waited for yet; rejects when the process ends first. */
function reportsOf(
  stdout: NodeJS.ReadableStream,
  exited: Promise<GatewayExit>,
): <K extends GatewayReport['kind']>(kind: K) => Promise<Report<K>> {
  const unread: GatewayReport[] = [];
  const arrivals = new EventEmitter();
  const lines = createInterface(stdout);
  lines.on('line', (line) => {
    unread.push(JSON.parse(line) as GatewayReport);
    arrivals.emit('report');
  });
  // what it wrote is read to its end before its end is told
  const ended = Promise.all([exited, once(lines, 'close')]).then(([exit]) => exit);
  let end: GatewayExit | undefined;
  void ended.then((exit) => {
    end = exit;
    return arrivals.emit('report');
  });
  return async (kind) => {
    for (;;) {
      const at = unread.findIndex((report) => report.kind === kind);
      if (at !== -1) return unread.splice(at, 1)[0] as Report<typeof kind>;
      if (end !== undefined)
        throw new Error(`the gateway ended (${JSON.stringify(end)}) without "${kind}"`);
      await once(arrivals, 'report');
    }
  };
}
