import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import type { NetworkNamespace } from '@truetuple/netlink';
import { runIn } from '../../socket/run-in.ts';
import { peerFolder } from '../peer-folder.ts';
import { scenarioXml, type SippStep } from './scenario.ts';
import { parseSippStatistics, type SippStatistics } from './statistics.ts';

export interface SippOptions {
  readonly namespace: NetworkNamespace;
  readonly address: string;
  readonly port: number;
  /** Port of RTP, of all its calls: what they hear is told apart by where it comes from. */
  readonly mediaPort: number;
  /** What it plays: every byte of its voice. So a receiver can tell by one packet whose voice it is. */
  readonly voice: number;
  /** The steps of each call; `play` steps get the file of its voice. */
  readonly steps: (voiceFile: string) => readonly SippStep[];
  /** How many calls it makes or takes before it ends. */
  readonly calls: number;
  /** After so many seconds it gives up. Default 30. */
  readonly timeoutSeconds?: number;
  /** Present: it calls. Absent: it is called. */
  readonly calling?: {
    /** `203.0.113.50:5060` */
    readonly target: string;
    /** User part of the Request-URI. */
    readonly user: string;
    /** Calls at the same time, at most. Default 1: one after the other. */
    readonly atOnce?: number;
    /** New calls in a second, at most. Default 50. */
    readonly perSecond?: number;
  };
}

export interface SippOutcome {
  /** 0: all calls succeeded. 1: some failed. */
  readonly code: number | null;
  readonly statistics: SippStatistics;
  /** What it wrote about calls that went wrong. */
  readonly errors: string;
}

/** A sipp process; disposing of it kills it and removes its files. */
export interface Sipp extends AsyncDisposable {
  /** Resolves when it has done its calls, or has given up. */
  readonly ended: Promise<SippOutcome>;
}

/** Starts sipp with a scenario of ours; resolves once its SIP socket is there, or it has ended. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const folder = peerFolder();
  const voiceFile = join(folder.path, 'voice.ulaw');
  folder.write('voice.ulaw', new Uint8Array(1600).fill(options.voice));
  folder.write('scenario.xml', scenarioXml('call', options.steps(voiceFile)));
  // it ends with this process, however this one dies
  const args = ['--pdeathsig', 'KILL', '--', 'sipp', ...sippArguments(options, folder.path)];
  const child = runIn(options.namespace, 'setpriv', args, { cwd: folder.path, stdio: 'ignore' });
  const exited = exitOf(child);
  const ended = exited.then((code) => outcome(code, folder.path));
  // whoever disposes of it without asking how it went does not hear how it went
  ended.catch(() => undefined);
  await isBound(child, options);
  return {
    ended,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.allSettled([exited, ended]);
      folder[Symbol.dispose]();
    },
  };
}

function sippArguments(
  { address, port, mediaPort, calls, calling, timeoutSeconds = 30 }: SippOptions,
  folder: string,
): readonly string[] {
  const { atOnce = 1, perSecond = 50, target = '', user = '' } = calling ?? {};
  const rate = ['-l', String(atOnce), '-r', String(perSecond), '-s', user, target];
  return [
    ...`-sf scenario.xml -m ${calls} -i ${address} -p ${port} -mi ${address} -mp ${mediaPort}`.split(
      ' ',
    ),
    ...`-nostdin -timeout ${timeoutSeconds} -timeout_error -trace_err -trace_stat -fd 1`.split(' '),
    '-stf',
    join(folder, 'statistics.csv'),
    '-error_file',
    join(folder, 'errors.log'),
    ...(calling === undefined ? [] : rate),
  ];
}

/** It does not say that it is ready: the kernel's table of sockets of its namespace does (proc_net(5)). */
async function isBound(child: ChildProcess, { address, port }: SippOptions): Promise<void> {
  const reversed = address.split('.').map(Number).toReversed();
  const tuple = [Buffer.from(reversed).toString('hex'), port.toString(16).padStart(4, '0')];
  const local = ` ${tuple.join(':').toUpperCase()} `;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const table = await readFile(`/proc/${child.pid}/net/udp`, 'utf8').catch(() => '');
    if (table.includes(local)) return;
    await pause(pollMs);
  }
}

const pollMs = 5;

/** Its exit status; null when a signal ended it or it could not be started. */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
}

async function outcome(code: number | null, folder: string): Promise<SippOutcome> {
  const [statistics, errors] = await Promise.all(
    ['statistics.csv', 'errors.log'].map((file) =>
      readFile(join(folder, file), 'utf8').catch(() => ''),
    ),
  );
  return { code, statistics: parseSippStatistics(statistics ?? ''), errors: errors ?? '' };
}
