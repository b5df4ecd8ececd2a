import type { LinkState, RouteDecision } from '../kernel/kernel-port.ts';
import { isFailClosedRoute } from '../kernel/plan-routes.ts';
import { judgeLink } from './judge-link.ts';
import { judgeRules } from './judge-rules.ts';
import { describeDecision } from './describe-decision.ts';
import { broken, type KernelFinding } from './kernel-finding.ts';
import type { KernelFacts, RouteProbe } from './route-probe.ts';

export interface RouteLookupResult {
  readonly probe: RouteProbe;
  readonly decision: RouteDecision;
}

/** What the kernel showed. */
export interface KernelEvidence {
  readonly state: LinkState | undefined;
  readonly lookups: readonly RouteLookupResult[];
}

/** Pure: every difference between what the identity needs of IPv4, whatever its delivery, and what the kernel showed. */
export function judgeKernel(facts: KernelFacts, evidence: KernelEvidence): KernelFinding[] {
  const { state, lookups } = evidence;
  if (state === undefined) return [linkMissing(facts)];
  return [
    ...judgeLink(facts, state),
    ...judgeFailClosed(facts, state),
    ...judgeRules(facts, state),
    ...lookups.flatMap((lookup) => judgeLookup(facts, lookup)),
  ];
}

function linkMissing({ linkName }: KernelFacts): KernelFinding {
  return broken(
    'link-missing',
    `no link ${linkName} in this network namespace`,
    `link ${linkName}`,
    `Give the pod a network attachment named ${linkName}; if it had one, find out what deleted it.`,
  );
}

function judgeFailClosed({ table }: KernelFacts, state: LinkState): KernelFinding[] {
  if (state.routes.some(isFailClosedRoute)) return [];
  return [
    broken(
      'fail-closed-route-missing',
      `table ${table} has no unreachable default route`,
      `an unreachable default route of the greatest metric in table ${table}`,
      `Call ensure again, which installs it; then find out what flushes table ${table}. Without it a socket's packets leave by another link as soon as the link goes down.`,
    ),
  ];
}

/** A way that is not the identity's is no way for its packets. */
export function judgeLookup(facts: KernelFacts, lookup: RouteLookupResult): KernelFinding[] {
  const { probe, decision } = lookup;
  const { linkName, gateway, table } = facts;
  if (decision.kind === 'link' && decision.linkName === linkName && decision.gateway === gateway) {
    return [];
  }
  return [
    broken(
      'route-elsewhere',
      `${probe.from} to ${probe.peer} (${probe.to}) ${describeDecision(decision)}`,
      `by ${linkName} through ${gateway}`,
      `Compare "ip rule", "ip route show table ${table}" and "ip route get ${probe.to} from ${probe.from}": a rule or route of someone else wins, or one of ours is gone (call ensure again).`,
    ),
  ];
}
