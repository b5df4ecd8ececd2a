import type { SourceRule } from '../../kernel/kernel-port.ts';
import { FakeRefusal } from './fake-refusal.ts';
import type { FakeWorld } from './fake-world.ts';

/** NLM_F_CREATE | NLM_F_EXCL compares the whole rule, its table and protocol too; without EXCL copies pile up. */
export function addRule(
  world: FakeWorld,
  rule: SourceRule,
  { exclusive = true }: { readonly exclusive?: boolean } = {},
): void {
  if (exclusive && world.rules.some((held) => isSameRule(held, rule))) {
    throw new FakeRefusal('EEXIST');
  }
  const place = world.rules.findIndex((held) => held.priority > rule.priority);
  world.rules.splice(place === -1 ? world.rules.length : place, 0, rule);
}

/** RTM_DELRULE: the first match goes, and only that. */
export function removeRule(world: FakeWorld, rule: SourceRule): void {
  const place = world.rules.findIndex((held) => isSameRule(held, rule));
  if (place === -1) throw new FakeRefusal('ENOENT');
  world.rules.splice(place, 1);
}

function isSameRule(a: SourceRule, b: SourceRule): boolean {
  return (
    a.priority === b.priority &&
    a.from === b.from &&
    a.table === b.table &&
    a.protocol === b.protocol &&
    a.hasMore === b.hasMore
  );
}
