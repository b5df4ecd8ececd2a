import type { Links } from '../rtnetlink/links.ts';
import type { Addresses } from '../rtnetlink/addresses.ts';
import type { Routes } from '../rtnetlink/routes.ts';
import type { Rules } from '../rtnetlink/rules.ts';
import { applyChanges } from './apply-changes.ts';
import type { ApplyOptions } from './apply-changes.ts';
import type { ChangePlan, Desired, DiffOptions } from './desired.ts';
import { planChanges } from './plan-changes.ts';

/** Bringing a network namespace to what is desired. */
export interface Declarative {
  /**
   * What would lead from what is there to what is desired; changes nothing. Each step has the command of `ip` that would do the same.
   */
  diff(desired: Desired, options: DiffOptions): Promise<ChangePlan>;
  /** Carries a plan out; when a step fails, what was done is undone. See {@link applyChanges}. */
  apply(plan: ChangePlan, options?: ApplyOptions): Promise<void>;
}

interface Source {
  readonly links: Pick<Links, 'list'>;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly rules: Rules;
}

export function createDeclarative(source: Source): Declarative {
  return {
    diff: async (desired, options) => {
      const [links, addresses, routes, rules] = await Promise.all([
        source.links.list(),
        source.addresses.list(),
        source.routes.list(),
        source.rules.list(),
      ]);
      const linkNames = new Map(links.map(({ index, name }) => [index, name]));
      return planChanges({ linkNames, addresses, routes, rules }, desired, options);
    },
    apply: (plan, options) => applyChanges(source, plan, options),
  };
}
