import { hostCidr, cidrContains, type Ipv4Address } from '../identity/address.ts';
import type { BoundPorts } from '../identity/delivery.ts';
import type { LinkState, SourceRule } from '../kernel/kernel-port.ts';
import { isOurRule } from '../kernel/plan-rules.ts';
import { broken, warning, type KernelFinding } from './kernel-finding.ts';
import type { KernelFacts } from './route-probe.ts';

/** include/uapi/linux/rtnetlink.h RT_TABLE_LOCAL: delivers to own addresses and nowhere else. */
const localTable = 255;

/** Judges that each address has its rule and that no rule of someone else is tried before it. */
export function judgeRules(facts: KernelFacts, state: LinkState): KernelFinding[] {
  return [facts.privateIp, facts.publicIp].flatMap((source) => judgeSource(facts, state, source));
}

function judgeSource(facts: KernelFacts, state: LinkState, source: Ipv4Address): KernelFinding[] {
  const { table } = facts;
  const from = hostCidr(source);
  const position = state.rules.findIndex(
    (rule) => isOurRule(rule) && rule.from === from && rule.table === table,
  );
  if (position === -1) return [ruleMissing(source, table)];
  return state.rules
    .slice(0, position)
    .filter((rule) => rule.table !== localTable && mayMatch(rule, source))
    .filter((rule) => rule.hasMore || rule.table !== table)
    .map((rule) => ruleOutranked(facts, source, rule));
}

function mayMatch(rule: SourceRule, source: Ipv4Address): boolean {
  return rule.from === undefined || cidrContains(rule.from, source);
}

function ruleMissing(source: Ipv4Address, table: number): KernelFinding {
  return broken(
    'rule-missing',
    `no rule of ours for packets from ${source}`,
    `from ${source} lookup ${table}`,
    `Call ensure again, which adds it; then find out what deletes rules (systemd-networkd does, unless ManageForeignRoutingPolicyRules=no).`,
  );
}

/**
 * A rule with further selectors may not match our packets, and one that names ports matches only those: it is no matter of
 * the identity, unless the application is known to have them.
 */
function ruleOutranked(
  { ports = [] }: KernelFacts,
  source: Ipv4Address,
  rule: SourceRule,
): KernelFinding {
  const { hasMore, ports: named } = rule;
  const isOurs = ({ protocol, first, last }: BoundPorts): boolean =>
    protocol === named?.protocol && first <= named.last && last >= named.first;
  const isNarrow = hasMore || (named !== undefined && !ports.some(isOurs));
  const more = hasMore || named ? ' (with further conditions)' : '';
  return (isNarrow ? warning : broken)(
    'rule-outranked',
    `rule ${rule.priority}: from ${rule.from ?? 'all'}${more} lookup ${rule.table} (protocol ${rule.protocol}) is tried before ours`,
    `our rule for ${source} tried first`,
    `Remove that rule ("ip rule del priority ${rule.priority}"), or give it a priority number above ours: whoever set protocol ${rule.protocol} installed it.`,
  );
}
