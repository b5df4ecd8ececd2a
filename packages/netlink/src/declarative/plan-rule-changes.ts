import { exactRule, isLikeRule, normalisedRule } from '../rtnetlink/ensure-rule.ts';
import type { WantedRule } from '../rtnetlink/ensure-rule.ts';
import type { NewRule, Rule } from '../rtnetlink/rule.ts';
import { hasAll } from '../rtnetlink/same.ts';
import type { ChangeStep, DiffOptions } from './desired.ts';

/** Rules that are added, before those that they replace are removed; and those that nobody wants any more. */
export function planRuleChanges(
  standing: readonly Rule[],
  rules: readonly NewRule[],
  { owner, removeGuards = false }: DiffOptions,
): { readonly up: readonly ChangeStep[]; readonly down: readonly ChangeStep[] } {
  const wanted = rules.map((rule) => ({ rule, whole: normalisedRule(rule) }));
  const ours = standing.filter(({ protocol }) => protocol === owner);
  const kept = new Set(
    wanted.flatMap(({ whole }) => ours.find((one) => isEqual(one, whole)) ?? []),
  );
  const isReplaced = (one: Rule): boolean =>
    !kept.has(one) &&
    wanted.some(({ whole }) => isLikeRule(one, whole) && isSameFamily(one, whole));
  const isSpare = (one: Rule): boolean => !kept.has(one) && !isReplaced(one);
  const added = wanted.filter(({ whole }) => !ours.some((one) => isEqual(one, whole)));
  const going = ours.filter((one) => isReplaced(one) || (removeGuards && isSpare(one)));
  const inTheWay = going.filter((one) => added.some(({ whole }) => keepsOut(one, whole)));
  return {
    up: [
      ...inTheWay.map(removalOf),
      ...added.map(({ rule }) => ({ kind: 'add-rule', rule }) as const),
      ...going.filter((one) => isReplaced(one) && !inTheWay.includes(one)).map(removalOf),
    ],
    down: going.filter((one) => isSpare(one) && !inTheWay.includes(one)).map(removalOf),
  };
}

function removalOf(rule: Rule): ChangeStep {
  return { kind: 'remove-rule', rule: exactRule(rule) };
}

function isEqual(one: Rule, wanted: WantedRule): boolean {
  return isSameFamily(one, wanted) && isLikeRule(one, wanted) && hasAll(one, wanted);
}

function isSameFamily(one: Rule, wanted: WantedRule): boolean {
  return one.family === wanted.family;
}

/**
 * The kernel says EEXIST for a rule when one stands that is equal in all that the new one names, whatever else the standing one names, and
 * whether it inverts (net/core/fib_rules.c, rule_exists). Then the standing one has to go first.
 */
function keepsOut(one: Rule, { invert: _invert, ...wanted }: WantedRule): boolean {
  return isSameFamily(one, wanted) && hasAll(one, wanted);
}
