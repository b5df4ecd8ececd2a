import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A running sh(1) that is told one command after the other: what it costs to fork a program for each,
 * without the start of the shell itself. Its programs' errors go to our standard error.
 */
export class ForkingShell implements Disposable {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string, undefined>;

  constructor() {
    const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when the command is done. Rejects when it failed, or when the shell is gone. */
  async run(command: string): Promise<void> {
    this.#child.stdin?.write(`{ ${command}\n} >/dev/null; echo $?\n`);
    const { value: status } = await this.#answers.next();
    if (status === '0') return;
    throw new Error(
      `sh ended "${command}" with ${status ?? 'its own end'}: what the program said is above.`,
    );
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end();
  }
}
