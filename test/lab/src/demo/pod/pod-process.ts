import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../demo-error.ts';
import type { Sabotage } from '../report/report.ts';
import { isWireSabotage, type WireSabotage } from './wire-sabotage.ts';
import type { PodCommand, PodEvent } from './pod-protocol.ts';

type PodEventOf<Kind extends PodEvent['kind']> = Extract<PodEvent, { kind: Kind }>;

/** The pod's process, seen from the demo. */
export interface PodProcess {
  readonly pid: number;
  say(command: PodCommand): void;
  /** Called for each event until the process ends. */
  onEvent(listener: (event: PodEvent) => void): void;
  /** The next event of a kind; rejects when the pod fails, ends, or stays silent for too long. */
  next<Kind extends PodEvent['kind']>(kind: Kind, timeoutMs: number): Promise<PodEventOf<Kind>>;
  /** SIGKILL; resolves with the signal it died of, once it is gone. */
  kill(): Promise<NodeJS.Signals | null>;
}

/** Starts pod.ts with this Node; `enter` is a command prefix that enters the pod's namespace. */
export function startPodProcess(enter: readonly string[], sabotage?: Sabotage): PodProcess {
  const program = fileURLToPath(new URL('./pod.ts', import.meta.url));
  const tampering = isWireSabotage(sabotage) ? ['--import', faultyWire(sabotage)] : [];
  const line = [...enter, process.execPath, ...process.execArgv, ...tampering, program];
  const [command = '', ...args] = line;
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  const { pid } = child;
  if (pid === undefined) throw silent('could not be started', undefined);
  return watchPod(child, pid);
}

/** A module to preload; it reads the sabotage from its own address, in every thread. */
function faultyWire(sabotage: WireSabotage): string {
  return new URL(`./tampered-wire.ts?sabotage=${sabotage}`, import.meta.url).href;
}

function watchPod(child: ChildProcess, pid: number): PodProcess {
  const complaints: string[] = [];
  const listeners = new Set<(event: PodEvent) => void>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  child.on('message', (event: PodEvent) => {
    for (const listener of listeners) listener(event);
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    pid,
    say: (command) => {
      child.send(command);
    },
    onEvent: (listener) => {
      listeners.add(listener);
    },
    next: (kind, timeoutMs) => nextEvent({ kind, timeoutMs, listeners, ended, complaints }),
    kill: async () => {
      child.kill('SIGKILL');
      const [, signal] = await ended;
      return signal;
    },
  };
}

interface Waiting<Kind extends PodEvent['kind']> {
  readonly kind: Kind;
  readonly timeoutMs: number;
  readonly listeners: Set<(event: PodEvent) => void>;
  readonly ended: Promise<unknown>;
  readonly complaints: readonly string[];
}

async function nextEvent<Kind extends PodEvent['kind']>(
  waiting: Waiting<Kind>,
): Promise<PodEventOf<Kind>> {
  const { kind, timeoutMs, listeners, ended, complaints } = waiting;
  const { promise, resolve, reject } = Promise.withResolvers<PodEventOf<Kind>>();
  const timer = setTimeout(
    () => reject(silent(`said no "${kind}" in ${timeoutMs} ms`, complaints)),
    timeoutMs,
  );
  void ended.then(() => reject(silent(`ended before it said "${kind}"`, complaints)));
  const listener = (event: PodEvent): void => {
    if (event.kind === kind) resolve(event as PodEventOf<Kind>);
    if (event.kind === 'failed') {
      const { code, message, remedy } = event;
      reject(
        new DemoError({ code: 'PodFailed', message: `the pod: ${message} (${code})`, remedy }),
      );
    }
  };
  listeners.add(listener);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    listeners.delete(listener);
  }
}

function silent(what: string, complaints: readonly string[] | undefined): DemoError {
  const told = (complaints ?? []).join('').trim();
  return new DemoError({
    code: 'PodSilent',
    message: `the pod's process ${what}${told === '' ? '' : `; it wrote: ${told}`}`,
    remedy: 'Run the demo again; if it stays, run test/lab/src/demo/pod/pod.ts by hand to see why.',
  });
}
