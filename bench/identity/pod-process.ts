import type { ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runIn } from '@truetuple/lab';
import type { ReadyReport } from './ready-report.ts';
import type { ReadyWorld } from './ready-world.ts';

/** Far longer than a process's rounds take. */
const patienceMs = 120_000;

/** A process in the pod that tells what it did; killed when it is disposed of. */
export class PodProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #reports: AsyncIterator<unknown[], undefined>;

  constructor({ pod, setting }: ReadyWorld, rounds: number) {
    const program = fileURLToPath(new URL('./ready-child.ts', import.meta.url));
    const args = [...process.execArgv, program, JSON.stringify({ ...setting, rounds })];
    this.#child = runIn(pod.namespace, process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#gone = once(this.#child, 'exit');
    const signal = AbortSignal.timeout(patienceMs);
    this.#reports = on(this.#child, 'message', { close: ['disconnect'], signal });
  }

  /** The next report, which must be of the kind asked for. */
  async next<Kind extends ReadyReport['kind']>(
    kind: Kind,
  ): Promise<Extract<ReadyReport, { readonly kind: Kind }>> {
    const { value: message } = await this.#reports.next();
    const report = message?.[0] as ReadyReport | undefined;
    if (report?.kind === kind) {
      return report as Extract<ReadyReport, { readonly kind: Kind }>;
    }
    throw new Error(
      `The pod's process told ${report?.kind ?? 'nothing more'} instead of ${kind}: its error is above.`,
    );
  }

  /** Lets it play the next round. */
  goOn(): void {
    this.#child.send('go on');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
