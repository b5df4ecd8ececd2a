import { CoreError } from './errors.ts';

/** What carrying out one step led to: go on, or look again because the world moved. */
export type StepOutcome = 'done' | 'look-again';

export interface Convergence<View, Step> {
  readonly what: string;
  observe(): Promise<View>;
  /** Pure. Empty when the view is as wanted. */
  plan(view: View): readonly Step[];
  apply(step: Step): Promise<StepOutcome>;
  /** Bound on observe-plan-apply rounds. */
  readonly maxRounds: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Converged<View> {
  readonly view: View;
  /** How many steps were carried out. */
  readonly applied: number;
  readonly rounds: number;
}

/** The one loop: observe, plan, apply, observe again, until the plan is empty. */
export async function converge<View, Step>(run: Convergence<View, Step>): Promise<Converged<View>> {
  let applied = 0;
  let planned: readonly Step[] = [];
  for (let rounds = 1; rounds <= run.maxRounds; rounds++) {
    throwIfAborted(run.signal, run.what);
    const view = await run.observe();
    planned = run.plan(view);
    if (planned.length === 0) return { view, applied, rounds };
    for (const step of planned) {
      throwIfAborted(run.signal, run.what);
      const outcome = await run.apply(step);
      applied += 1;
      if (outcome === 'look-again') break;
    }
  }
  throw new CoreError({
    code: 'NotConverged',
    message: `${run.what} did not settle in ${run.maxRounds} rounds; still planned: ${JSON.stringify(planned)}`,
    remedy:
      'Something else changes the same state at the same time: look for a second controller, or another holder.',
    retry: 'later',
  });
}

function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted !== true) return;
  throw new CoreError({
    code: 'Aborted',
    message: `${what} was aborted`,
    remedy: 'Call again, or release what was acquired; ensure and release are both safe to repeat.',
    retry: 'now',
    cause: signal.reason,
  });
}
