import type { NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { isCommand } from './plan.ts';
import type { Plan } from './plan.ts';

/** What verbs need to be asynchronous: somebody who carries a request out. */
export interface Requests {
  /** @throws NetlinkError */
  run(exchange: Exchange): Promise<void>;
}

/** Carries a plan out, one request after the other. */
export async function carryOut<T>(requests: Requests, plan: Plan<T>): Promise<T> {
  if (isCommand(plan)) {
    try {
      await requests.run(plan.exchange);
    } catch (error) {
      return plan.conclude(error as NetlinkError);
    }
    return plan.conclude(undefined);
  }
  const steps = plan[Symbol.iterator]();
  let step = steps.next();
  while (step.done !== true) {
    try {
      await requests.run(step.value);
    } catch (error) {
      if (steps.throw === undefined) throw error;
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}
