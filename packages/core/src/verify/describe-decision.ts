import type { RouteDecision } from '../kernel/kernel-port.ts';

/** A way in words, to follow source and destination. */
export function describeDecision(decision: RouteDecision): string {
  if (decision.kind === 'unreachable') return `is refused (${decision.reason})`;
  const via = decision.gateway === undefined ? 'directly' : `through ${decision.gateway}`;
  const table = decision.table === undefined ? '' : `, table ${decision.table}`;
  return `leaves by ${decision.linkName} ${via}${table}`;
}
