import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { runIn } from '../socket/run-in.ts';

export interface PeerProgramOptions {
  /** Default: this process's own. */
  readonly namespace?: Pick<NetworkNamespace, 'path'> | undefined;
  readonly command: string;
  readonly args: readonly string[];
  /** What it writes once it does its work. */
  readonly readyText: string;
  /** Default 8 seconds. */
  readonly timeoutMs?: number;
}

/** Somebody else's program as a peer, running. */
export class PeerProgram {
  readonly #child: ChildProcess;
  readonly #command: string;
  readonly #ended: Promise<void>;
  #output = '';
  #isOver = false;
  #onOutput: () => void = () => undefined;

  constructor({ namespace, command, args }: PeerProgramOptions) {
    this.#command = command;
    // should this process die by force, the program is asked to end (prctl(2), PR_SET_PDEATHSIG)
    const dying = ['--pdeathsig', 'TERM', '--', command, ...args];
    const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'] };
    this.#child =
      namespace === undefined
        ? spawn('setpriv', dying, options)
        : runIn(namespace, 'setpriv', dying, options);
    const take = (text: string): void => {
      this.#output += text;
      this.#onOutput();
    };
    this.#child.stdout?.setEncoding('utf8').on('data', take);
    this.#child.stderr?.setEncoding('utf8').on('data', take);
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isOver = true;
        this.#onOutput();
        resolve();
      };
      this.#child.once('error', (error) => {
        take(error.message);
        end();
      });
      this.#child.once('close', end);
    });
  }

  /** Everything that it wrote so far, to both of its outputs. */
  get output(): string {
    return this.#output;
  }

  /** Rejects with CommandFailed when it ends before, with TimedOut when it does not write that in time. */
  async untilItSays(text: string, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    await new Promise<void>((resolve, reject) => {
      this.#onOutput = () => {
        if (this.#output.includes(text)) resolve();
        else if (this.#isOver) reject(this.#failed('CommandFailed', 'it ended'));
      };
      deadline.addEventListener('abort', () => {
        reject(this.#failed('TimedOut', `nothing for ${timeoutMs} ms`));
      });
      this.#onOutput();
    }).finally(() => (this.#onOutput = () => undefined));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when it is gone: by itself, or by SIGTERM, or (after a second) by SIGKILL. */
  async stop(ask: 'terminate' | 'already-asked' = 'terminate'): Promise<void> {
    if (ask === 'terminate' && !this.#isOver) this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 1000);
    await this.#ended;
    clearTimeout(impatience);
  }

  #failed(code: 'CommandFailed' | 'TimedOut', what: string): LabError {
    return new LabError({
      code,
      message: `starting ${this.#command}: ${what}; it wrote: ${this.#output.trim().slice(-2000) || 'nothing'}`,
      remedy: `Run ${this.#command} by hand with the same configuration; tools/start/system-packages.mjs names its Debian package.`,
    });
  }
}

/** Starts it; resolves once it does its work. On failure it is gone. */
export async function startPeerProgram(options: PeerProgramOptions): Promise<PeerProgram> {
  const program = new PeerProgram(options);
  try {
    await program.untilItSays(options.readyText, options.timeoutMs ?? 8000);
    return program;
  } catch (error) {
    await program.stop();
    throw error;
  }
}
