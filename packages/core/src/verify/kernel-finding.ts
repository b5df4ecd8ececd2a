/** `broken`: the identity would not hold, so it is not published. `warning`: it holds, with a loss. */
export type Severity = 'broken' | 'warning';

export type KernelFindingCode =
  | 'link-missing'
  | 'link-down'
  | 'link-without-carrier'
  | 'link-mtu-small'
  | 'private-address-missing'
  | 'public-address-missing'
  | 'public-address-scope'
  | 'fail-closed-route-missing'
  | 'rule-missing'
  | 'rule-outranked'
  | 'route-elsewhere'
  | 'route-foreign'
  | 'delivery-table-missing'
  | 'delivery-table-stray'
  | 'delivery-unreadable'
  | 'port-rule-missing'
  | 'route-source'
  | 'internet-mtu-unlimited'
  | 'reverse-path-strict'
  | 'arp-announces-public'
  | 'arp-answers-foreign'
  | 'arp-unanswered'
  | 'gateway-unreachable'
  | 'gateway-changed'
  | 'ipv6-address-missing'
  | 'ipv6-address-duplicate'
  | 'ipv6-address-tentative'
  | 'ipv6-address-lost-on-down'
  | 'ipv6-fail-closed-route-missing'
  | 'ipv6-rule-missing'
  | 'ipv6-rule-outranked'
  | 'ipv6-route-elsewhere'
  | 'ipv6-internet-mtu-unlimited';

/** One difference between what an identity needs and what the kernel shows. */
export interface KernelFinding {
  readonly code: KernelFindingCode;
  readonly severity: Severity;
  readonly seen: string;
  readonly wanted: string;
  readonly remedy: string;
}

type Said = [code: KernelFindingCode, seen: string, wanted: string, remedy: string];

/** A finding for which an identity is not published. */
export function broken(...said: Said): KernelFinding {
  return finding('broken', ...said);
}

/** A finding with which it holds. */
export function warning(...said: Said): KernelFinding {
  return finding('warning', ...said);
}

/** One place makes them all: each would spell its fields anew. */
function finding(severity: Severity, ...[code, seen, wanted, remedy]: Said): KernelFinding {
  return { code, severity, seen, wanted, remedy };
}
