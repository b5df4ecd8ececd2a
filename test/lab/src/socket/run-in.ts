import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { findProgram } from './find-program.ts';

/** Starts a program inside a namespace, by nsenter(1) of util-linux. */
export function runIn(
  namespace: Pick<NetworkNamespace, 'path'>,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const nsenter = findProgram('nsenter') ?? 'nsenter';
  return spawn(nsenter, [`--net=${namespace.path}`, '--', command, ...args], options);
}

export interface FinishedCommand {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with `input` as its standard input. Rejects (CommandFailed) when it fails. */
export async function runToEnd(
  namespace: Pick<NetworkNamespace, 'path'>,
  command: string,
  args: readonly string[],
  input = '',
): Promise<FinishedCommand> {
  const child = runIn(namespace, command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that ends without reading its input breaks the pipe; its exit status says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? '' : `it ended with ${signal ?? code}`),
    );
  });
  if (ended === '') return { stdout, stderr };
  throw new LabError({
    code: 'CommandFailed',
    message: `running ${[command, ...args].join(' ')} in ${namespace.path}: ${ended}: ${stderr.trim()}`,
    remedy: `Check that nsenter (util-linux) and ${command} are installed and that this user may enter the namespace.`,
  });
}
