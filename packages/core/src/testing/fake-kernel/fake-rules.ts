import type { SourceRule } from '../../kernel/kernel-port.ts';
import { FakeRefusal } from './fake-refusal.ts';
import type { FakeWorld } from './fake-world.ts';

/**
 * NLM_F_CREATE | NLM_F_EXCL compares table and protocol too, but a source that the new rule leaves out
 * equals any (fib4_rule_compare); without EXCL copies pile up.
 */
export function addRule(
  world: FakeWorld,
  rule: SourceRule,
  { exclusive = true }: { readonly exclusive?: boolean } = {},
): void {
  if (exclusive && world.rules.some((held) => matches(held, rule))) {
    throw new FakeRefusal('EEXIST');
  }
  const place = world.rules.findIndex((held) => held.priority > rule.priority);
  world.rules.splice(place === -1 ? world.rules.length : place, 0, rule);
}

/** RTM_DELRULE: the first match goes, and only that. */
export function removeRule(world: FakeWorld, rule: SourceRule): void {
  const place = world.rules.findIndex((held) => matches(held, rule));
  if (place === -1) throw new FakeRefusal('ENOENT');
  world.rules.splice(place, 1);
}

function matches(held: SourceRule, rule: SourceRule): boolean {
  return (
    held.priority === rule.priority &&
    (rule.from === undefined || held.from === rule.from) &&
    held.table === rule.table &&
    held.protocol === rule.protocol &&
    isSame(held.ports, rule.ports) &&
    held.hasMore === rule.hasMore
  );
}

function isSame(a: SourceRule['ports'], b: SourceRule['ports']): boolean {
  return a?.protocol === b?.protocol && a?.first === b?.first && a?.last === b?.last;
}
