import type { Program } from '../plan.ts';
import { inputError, NetlinkError } from '../errors.ts';
import { parseIpPrefix, formatIpAddress } from '../wire/ip-address.ts';
import type { Ensured } from './outcome.ts';
import type { NewRule, Rule } from './rule.ts';
import type { Rules } from './rules.ts';
import { hasAll } from './same.ts';

/** What says which packets a rule is for: no two rules of one priority should be equal in these. */
const selectors = [
  'from',
  'to',
  'inputLinkName',
  'outputLinkName',
  'ipProtocol',
  'sourcePorts',
  'sourcePortMask',
  'destinationPorts',
  'destinationPortMask',
  'mark',
  'markMask',
  'typeOfService',
  'dscp',
  'dscpMask',
  'flowLabel',
  'flowLabelMask',
  'tunnelId',
  'invert',
  'uidRange',
  'l3mdev',
] as const;

/**
 * One rule for a priority and selector: the wanted one. Others of the same priority and selector, be they copies or rules that
 * lead elsewhere, are removed after it stands, so no packet goes without a rule meanwhile.
 */
export function* ensureRule(rules: Rules<'plan'>, rule: NewRule): Program<Ensured> {
  const wanted = normalisedRule(rule);
  const like = (yield* rules.list({ family: wanted.family })).filter((one) =>
    isLikeRule(one, wanted),
  );
  const equal = like.filter((one) => hasAll(one, wanted));
  if (equal.length === 0) yield* addUnlessThere(rules, rule);
  // of copies the first stays
  const others = like.filter((one) => one !== equal[0]);
  for (const other of others) yield* rules.remove(exactRule(other));
  if (like.length === 0) return 'created';
  return others.length === 0 ? 'unchanged' : 'replaced';
}

function* addUnlessThere(rules: Rules<'plan'>, rule: NewRule): Program<void> {
  try {
    yield* rules.add(rule);
  } catch (error) {
    // somebody else added the same meanwhile
    if (!NetlinkError.is(error) || !error.isExists) throw error;
  }
}

/** With what names it written out, as the kernel writes it. */
export type WantedRule = NewRule & Pick<Rule, 'family' | 'priority' | 'action' | 'protocol'>;

export function normalisedRule(rule: NewRule): WantedRule {
  const { priority } = rule;
  if (priority === undefined) {
    throw inputError(
      'a rule was to be ensured without a priority',
      'Give one: with its selector it names the rule. `add` lets the kernel choose one.',
    );
  }
  const prefix = rule.from ?? rule.to;
  const family = prefix === undefined ? (rule.family ?? 'ipv4') : parseIpPrefix(prefix).family;
  return {
    ...rule,
    family,
    priority,
    action: rule.action ?? 'table',
    protocol: rule.protocol ?? 4,
    ...withPrefix('from', rule.from),
    ...withPrefix('to', rule.to),
  };
}

/** As the kernel writes it; a prefix of length 0 is none. */
function withPrefix(name: 'from' | 'to', text: string | undefined): Partial<NewRule> {
  if (text === undefined) return {};
  const { bytes, prefixLength } = parseIpPrefix(text);
  return {
    [name]: prefixLength === 0 ? undefined : `${formatIpAddress(bytes)}/${String(prefixLength)}`,
  };
}

export function isLikeRule(found: Rule, wanted: WantedRule): boolean {
  return (
    found.priority === wanted.priority &&
    selectors.every((name) => JSON.stringify(found[name]) === JSON.stringify(told(wanted, name)))
  );
}

/** What the kernel leaves out when it is false. */
function told(wanted: WantedRule, name: (typeof selectors)[number]): unknown {
  return wanted[name] === false ? undefined : wanted[name];
}

/** What removes this rule and no other. */
export function exactRule({ unknownAttributes: _unknown, ...rule }: Rule): NewRule {
  return rule;
}
