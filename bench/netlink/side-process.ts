import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { NetworkNamespace } from '@truetuple/netlink';

/** A program that answers the commands of `peer.c`, and how it is started. */
export interface SideProgram {
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One way to do what is measured, running in a namespace. */
export interface SideProcess extends AsyncDisposable {
  /** Milliseconds from its start until it is ready, with the start of nsenter. */
  readonly startMs: number;
  /** Milliseconds: rules added and removed, routes added and removed; or one number for all of it. */
  round(linkIndex: number, count: number): Promise<readonly number[]>;
  /** Adds routes and leaves them; the C program can. */
  fill(linkIndex: number, count: number): Promise<void>;
  /** Lists the routes: milliseconds. @throws Error when there are not so many. */
  list(expected: number): Promise<number>;
}

/** Starts it and waits until it is ready. */
export async function startSide(
  netns: NetworkNamespace,
  { command, environment }: SideProgram,
): Promise<SideProcess> {
  const begun = performance.now();
  const child = spawn('nsenter', [`--net=${netns.path}`, ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined); // it ended: the next line says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`${command.join(' ')} ended: its error is above`);
    return line.value;
  };
  const ask = async (line: string): Promise<readonly number[]> => {
    child.stdin.write(`${line}\n`);
    return (await next()).split(' ').map(Number);
  };
  await next();
  return {
    startMs: performance.now() - begun,
    round: async (linkIndex, count) =>
      (await ask(`r ${String(linkIndex)} ${String(count)}`)).map(milliseconds),
    fill: async (linkIndex, count) => {
      await ask(`f ${String(linkIndex)} ${String(count)}`);
    },
    list: async (expected) => {
      const [taken = Number.NaN, found] = await ask('d');
      if (found === expected) return milliseconds(taken);
      const what = `${String(found)} of ${String(expected)} routes`;
      throw new Error(`${command.join(' ')} listed ${what}`);
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await gone;
    },
  };
}

function milliseconds(microseconds: number): number {
  return microseconds / 1000;
}
