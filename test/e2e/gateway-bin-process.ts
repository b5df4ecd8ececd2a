// truetuple-gateway as a process in the pod's namespace: its log, its probes, its end.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runIn, runToEnd } from '@truetuple/lab';

const program = fileURLToPath(new URL('../../packages/sip-gateway/src/bin.ts', import.meta.url));
const monitoringPort = 9090;

export interface BinEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface Probe {
  readonly status: number;
  readonly body: string;
}

/** Disposing of it kills it and waits until it is gone. */
export interface GatewayBin extends AsyncDisposable {
  readonly log: readonly LogLine[];
  readonly exited: Promise<BinEnd>;
  /** Resolves with the line once it is logged; rejects when the process ends without it. */
  logged(message: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** GET on the monitoring listener, from within the pod. */
  get(path: string): Promise<Probe>;
}

export interface GatewayBinOptions {
  readonly namespace: { readonly path: string };
  readonly environment: NodeJS.ProcessEnv;
  /** Where the configuration is written. */
  readonly file: string;
  /** JSON is YAML. */
  readonly config: object;
}

/** A command that ends by itself. */
export async function runGatewayBin(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, ['-C', 'truetuple-source', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: await stdout, stderr: await stderr };
}

export async function startGatewayBin(options: GatewayBinOptions): Promise<GatewayBin> {
  const { namespace, environment, file, config } = options;
  const whole = { ...config, monitoring: { address: '127.0.0.1', port: monitoringPort } };
  await writeFile(file, JSON.stringify(whole));
  const args = ['-C', 'truetuple-source', program, 'run', '--config', file];
  const child = runIn(namespace, process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  if (child.stdout === null) throw new Error('the gateway has no standard output');
  const log: LogLine[] = [];
  const arrivals = new EventEmitter();
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => {
    log.push(JSON.parse(line) as LogLine);
    arrivals.emit('line');
  });
  const read = once(lines, 'close');
  const exited = new Promise<BinEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  let end: BinEnd | undefined;
  void Promise.all([exited, read]).then(([how]) => {
    end = how;
    return arrivals.emit('line');
  });
  return {
    log,
    exited,
    logged: async (message) => {
      for (;;) {
        const line = log.find(({ msg }) => msg === message);
        if (line !== undefined) return line;
        if (end !== undefined) {
          throw new Error(
            `it ended (${JSON.stringify(end)}) without "${message}": ${JSON.stringify(log)}`,
          );
        }
        await once(arrivals, 'line');
      }
    },
    kill: (signal) => void child.kill(signal),
    get: async (path) => {
      const ask = `const r = await fetch('http://127.0.0.1:${monitoringPort}${path}'); console.log(JSON.stringify({ status: r.status, body: await r.text() }))`;
      const { stdout } = await runToEnd(namespace, process.execPath, [
        '--input-type=module',
        '-e',
        ask,
      ]);
      return JSON.parse(stdout) as Probe;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
