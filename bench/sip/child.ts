import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How long a process may take to end by itself. */
const patienceMs = 5_000;

/**
 * A program of this folder in a process of its own that answers messages one by one; it ends with its channel, and is
 * killed when it does not.
 */
export class Child implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #program: string;

  /** @param execArgv of Node, after those of the bench itself */
  constructor(program: URL, args: readonly string[] = [], execArgv: readonly string[] = []) {
    this.#program = fileURLToPath(program);
    this.#child = fork(this.#program, args, {
      execArgv: [...process.execArgv, ...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#gone = once(this.#child, 'exit');
  }

  /** The next message; rejects when the process ends first. */
  async next<T>(): Promise<T> {
    const settled = new AbortController();
    const { signal } = settled;
    try {
      const message = await Promise.race([
        once(this.#child, 'message', { signal }).then(([told]) => told as T),
        this.#gone.then(() => undefined),
      ]);
      if (message !== undefined) return message;
      throw new Error(`${this.#program} ended before it answered: its error is above.`);
    } finally {
      settled.abort();
    }
  }

  async ask<T>(message: object): Promise<T> {
    const answer = this.next<T>();
    this.#child.send(message);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#gone;
    clearTimeout(timer);
  }
}
