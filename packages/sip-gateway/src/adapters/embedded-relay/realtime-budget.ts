import type { BudgetVerdict } from '../../media/media-relay.ts';

/** How long a share is measured for. */
export const budgetWindowMs = 500;

/** More of a core than this, in two windows one after another, is over the budget. */
const mostShare = 0.75;
const mostWindows = 2;

/** Below this for `calmWindows` one after another, it is within it again. */
const calmShare = 0.5;
const calmWindows = 10;

/**
 * How much of a core a thread may take as a realtime thread: the kernel lets those have 95 % of every second (kernel.sched_rt_runtime_us,
 * sched(7)), which leaves too little to signalling on the same core. Shares are of one core, 0 to 1, each of a window of `budgetWindowMs`.
 */
export class RealtimeBudget {
  #isOver = false;
  /** Windows one after another that speak against the verdict as it stands. */
  #against = 0;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the share of one window more, and gives the verdict where it changes. */
  take(share: number): BudgetVerdict | undefined {
    const isAgainst = this.#isOver ? share < calmShare : share > mostShare;
    this.#against = isAgainst ? this.#against + 1 : 0;
    if (this.#against < (this.#isOver ? calmWindows : mostWindows)) return undefined;
    this.#against = 0;
    this.#isOver = !this.#isOver;
    return this.#isOver ? 'over' : 'within';
  }
}
