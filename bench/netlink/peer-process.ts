import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NetworkNamespace } from '@truetuple/netlink';

/** The C program of `peer.c`, running in a namespace. */
export interface PeerProcess extends AsyncDisposable {
  /** Rules added and removed, routes added and removed: four numbers of milliseconds. */
  round(linkIndex: number, count: number): Promise<readonly number[]>;
  /** Adds routes and leaves them. */
  fill(linkIndex: number, count: number): Promise<void>;
  /** Lists the routes and counts them: milliseconds. */
  list(): Promise<number>;
}

/** Compiles and starts it. */
export function startPeer(netns: NetworkNamespace): PeerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'netlink-peer-'));
  const program = join(folder, 'peer');
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'peer.c')]);
  const child = spawn('nsenter', [`--net=${netns.path}`, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<readonly number[]> => {
    child.stdin.write(`${command}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`the C peer ended at "${command}"`);
    return line.value.split(' ').map(Number);
  };
  return {
    round: async (linkIndex, count) =>
      (await ask(`r ${String(linkIndex)} ${String(count)}`)).map(milliseconds),
    fill: async (linkIndex, count) => {
      await ask(`f ${String(linkIndex)} ${String(count)}`);
    },
    list: async () => milliseconds((await ask('d'))[0] ?? Number.NaN),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function milliseconds(microseconds: number): number {
  return microseconds / 1000;
}
