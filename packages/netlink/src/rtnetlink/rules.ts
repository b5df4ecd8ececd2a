import { listing } from '../dump.ts';
import { command } from '../plan.ts';
import type { Answer, Face, Program } from '../plan.ts';
import { rtm } from '../schema/rtnetlink.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import { decodeRule } from './decode-rule.ts';
import { ensureRule } from './ensure-rule.ts';
import { encodeAddRule, encodeListRules, encodeRemoveRule } from './encode-rule.ts';
import { listFamilies } from './family.ts';
import type { NewRule, Rule } from './rule.ts';

/** The routing rules of a network namespace. */
export interface Rules<F extends Face = 'async'> {
  /** In the order the kernel asks them, ipv4 first. */
  list(filter?: { readonly family?: Family }): Answer<F, Rule[]>;
  /**
   * @throws NetlinkError EEXIST when there is one that equals it in every field, table and protocol
   * included: the same selector with another table is another rule, and is added.
   */
  add(rule: NewRule): Answer<F, void>;
  /**
   * One rule for a priority and selector: this one. Copies, and rules of the same priority and selector that lead elsewhere, are removed
   * once it stands. @throws NetlinkError EINPUT without a priority.
   */
  ensure(rule: NewRule): Answer<F, Ensured>;
  /** Removes the first that matches. */
  remove(rule: NewRule): Answer<F, Removed>;
}

export function planRules(): Rules<'plan'> {
  const writer = new MessageWriter();
  const listFamily = (family: Family): Program<Rule[]> =>
    listing(() => ({
      message: encodeListRules(writer, family),
      describe: () => `listing ${family} rules`,
      decode: (type, view, start, end) => {
        const rule = type === rtm.newRule ? decodeRule(view, start, end) : undefined;
        return rule?.family === family ? rule : undefined;
      },
    }));
  const rules: Rules<'plan'> = {
    list: (filter) => listFamilies(filter, listFamily),
    ensure: (rule) => ensureRule(rules, rule),
    add: (rule) =>
      command({
        message: encodeAddRule(writer, rule),
        until: 'ack',
        describe: () => `adding rule ${say(rule)}`,
      }),
    remove: (rule) =>
      removedOrAbsent({
        message: encodeRemoveRule(writer, rule),
        until: 'ack',
        describe: () => `removing rule ${say(rule)}`,
      }),
  };
  return rules;
}

function say(rule: NewRule): string {
  const parts = [
    rule.priority === undefined ? undefined : String(rule.priority),
    rule.from === undefined ? undefined : `from ${rule.from}`,
    rule.to === undefined ? undefined : `to ${rule.to}`,
    rule.table === undefined ? undefined : `table ${String(rule.table)}`,
    rule.protocol === undefined ? undefined : `protocol ${String(rule.protocol)}`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
