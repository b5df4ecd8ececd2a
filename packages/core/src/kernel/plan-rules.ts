import { hostCidr, type Cidr } from '../identity/address.ts';
import type { LinkState, SourceRule } from './kernel-port.ts';
import { truetupleProtocol, type KernelStep } from './kernel-step.ts';
import { defaultBasePriority, type WantedLink } from './wanted-link.ts';

export interface PlannedRules {
  readonly add: readonly KernelStep[];
  /** What the added ones replace, and surplus copies: to be carried out last. */
  readonly remove: readonly KernelStep[];
}

/** A plain source rule that truetuple installed. */
export function isOurRule(rule: SourceRule): rule is SourceRule & { readonly from: Cidr } {
  return (
    rule.protocol === truetupleProtocol &&
    !rule.hasMore &&
    rule.from !== undefined &&
    rule.ports === undefined
  );
}

/** One rule for each source: the kernel itself would keep any number of copies (NLM_F_REPLACE is ignored). */
export function planRules(state: LinkState, wanted: WantedLink): PlannedRules {
  const sources = new Set(
    wanted.identities
      .flatMap(({ privateIp, publicIp }) => [privateIp, publicIp])
      .filter((address) => address !== undefined)
      .map(hostCidr),
  );
  const plans = [...sources].map((from) => planSource(state, wanted, from));
  return {
    add: plans.flatMap(({ add }) => add),
    remove: plans.flatMap(({ remove }) => remove),
  };
}

function planSource(state: LinkState, wanted: WantedLink, from: Cidr): PlannedRules {
  const { table } = wanted;
  const priority = wanted.basePriority ?? defaultBasePriority;
  const ours = state.rules.filter((rule) => isOurRule(rule) && rule.from === from);
  const kept = ours.find((rule) => rule.priority === priority && rule.table === table);
  const add: KernelStep = { kind: 'add-rule', priority, from, table };
  const remove = ours
    .filter((rule) => rule !== kept)
    .map((rule): KernelStep => ({
      kind: 'remove-rule',
      priority: rule.priority,
      from,
      table: rule.table,
      protocol: rule.protocol,
    }));
  return { add: kept === undefined ? [add] : [], remove };
}
