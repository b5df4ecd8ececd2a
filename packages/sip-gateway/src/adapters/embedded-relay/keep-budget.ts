import { performance } from 'node:perf_hooks';
import type { BudgetVerdict } from '../../media/media-relay.ts';
import { budgetWindowMs, RealtimeBudget } from './realtime-budget.ts';
import { isRealtimeHere } from './thread-realtime.ts';

/** What a thread that is over its budget leaves to others in each window, for as long as it is a realtime thread nevertheless. */
const restMs = 125;

/**
 * Watches the share of a core that the thread which calls it takes: what its event loop does not sleep, which for a realtime thread is
 * what it runs. Over its budget it rests for a quarter of each window until somebody has made it an ordinary thread.
 *
 * @param tell is given each verdict that changes
 */
export function keepBudget(tell: (verdict: BudgetVerdict) => void): NodeJS.Timeout {
  const budget = new RealtimeBudget();
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let last = performance.eventLoopUtilization();
  return setInterval(() => {
    const next = performance.eventLoopUtilization();
    const verdict = budget.take(performance.eventLoopUtilization(next, last).utilization);
    last = next;
    if (verdict !== undefined) tell(verdict);
    if (budget.isOver && isRealtimeHere()) Atomics.wait(never, 0, 0, restMs);
  }, budgetWindowMs);
}
