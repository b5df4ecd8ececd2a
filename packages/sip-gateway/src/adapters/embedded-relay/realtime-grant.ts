import type { BudgetVerdict } from '../../media/media-relay.ts';
import { askForRealtime, readRealtimePriority } from './thread-realtime.ts';

/** Told what became of the realtime priority of a thread that was over its budget, or is within it again. */
export type OnBudget = (verdict: BudgetVerdict, realtimePriority: number | undefined) => void;

/** The realtime priority of another thread of this process: asked for once, given back while that thread is over its budget. */
export class RealtimeGrant {
  readonly #threadId: number;
  readonly #priority: number;
  readonly #tell: OnBudget;
  /** Whether the thread got what it was to have. */
  #isGranted = false;
  #isClosed = false;
  /** One change at a time, in their order. */
  #last = Promise.resolve();

  /** @param priority 1 to 99 */
  constructor(threadId: number, priority: number, tell: OnBudget) {
    this.#threadId = threadId;
    this.#priority = priority;
    this.#tell = tell;
  }

  /** Asks for it. Where it is refused the thread stays as it is, and no verdict changes that. */
  async begin(): Promise<void> {
    await askForRealtime(this.#threadId, this.#priority);
    this.#isGranted = (await readRealtimePriority(this.#threadId)) === this.#priority;
  }

  take(verdict: BudgetVerdict): void {
    this.#last = this.#last.then(() => this.#carryOut(verdict));
  }

  /** Changes nothing from now on: the thread's number may become another one's. Resolves when nothing is under way. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#last;
  }

  async #carryOut(verdict: BudgetVerdict): Promise<void> {
    if (!this.#isGranted || this.#isClosed) return;
    await askForRealtime(this.#threadId, verdict === 'over' ? 0 : this.#priority);
    const has = await readRealtimePriority(this.#threadId);
    if (!this.#isClosed) this.#tell(verdict, has);
  }
}
