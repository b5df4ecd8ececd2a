import { formatPorts } from '../identity/delivery.ts';
import { deliveryTableName, deliveryTableOf, doesThis } from '../kernel/delivery-table.ts';
import type { LinkState } from '../kernel/kernel-port.ts';
import { defaultDestination } from '../kernel/kernel-step.ts';
import { isOurPortRule } from '../kernel/plan-delivery.ts';
import type { KernelFinding } from './kernel-finding.ts';
import type { KernelFacts } from './route-probe.ts';

/** Judges what an identity's delivery puts into the kernel beside addresses, rules and routes. */
export function judgeDelivery(facts: KernelFacts, state: LinkState): KernelFinding[] {
  return [
    ...judgeTable(facts, state),
    ...(facts.delivery === 'rule'
      ? [...judgePorts(facts, state), ...judgeSources(facts, state)]
      : []),
  ];
}

function judgeTable(facts: KernelFacts, { deliveryTables }: LinkState): KernelFinding[] {
  const { linkName, publicIp, privateIp, delivery = 'both' } = facts;
  const name = deliveryTableName(publicIp);
  const wanted = deliveryTableOf(linkName, facts);
  const held = deliveryTables?.find((table) => table.publicIp === publicIp);
  if (wanted === undefined) {
    if (held === undefined) return [];
    return [
      {
        code: 'delivery-table-stray',
        severity: 'broken',
        seen: `nftables table ${name} translates what arrives for ${publicIp}`,
        wanted: `no such table with delivery ${delivery}`,
        remedy: `Call ensure again, which takes it away ("nft delete table ip ${name}").`,
      },
    ];
  }
  if (deliveryTables === undefined) {
    return [
      {
        code: 'delivery-unreadable',
        severity: 'warning',
        seen: 'the kernel tells this process nothing of nftables',
        wanted: `table ${name}, read and compared`,
        remedy: 'Look with CAP_NET_ADMIN, which nftables asks of readers too.',
      },
    ];
  }
  if (doesThis(held, wanted)) return [];
  return [
    {
      code: 'delivery-table-missing',
      severity: 'broken',
      seen: `nftables table ${name} is ${held === undefined ? 'not there' : 'not what truetuple made'}`,
      wanted: `a table that does ${wanted.mode} between ${publicIp} and ${privateIp} on ${linkName}`,
      remedy: `Call ensure again, which makes it; then find out what flushes or changes nftables ("nft monitor"): without it peers in the VPC see ${privateIp}, or nothing.`,
    },
  ];
}

function judgePorts({ table, ports = [] }: KernelFacts, state: LinkState): KernelFinding[] {
  const held = state.rules.filter(isOurPortRule).filter((rule) => rule.table === table);
  const known = new Set(held.map((rule) => formatPorts(rule.ports)));
  return ports
    .map(formatPorts)
    .filter((range) => !known.has(range))
    .map((range): KernelFinding => ({
      code: 'port-rule-missing',
      severity: 'broken',
      seen: `no rule of ours for packets from ${range} of a socket on 0.0.0.0`,
      wanted: `such a rule with lookup ${table}`,
      remedy: `Call ensure again, which adds it; then find out what deletes rules. Without it such a socket sends by another link.`,
    }));
}

function judgeSources(facts: KernelFacts, { routes }: LinkState): KernelFinding[] {
  const { table, privateIp, publicIp, routedCidrs = [] } = facts;
  const wanted = [
    [defaultDestination, privateIp] as const,
    ...routedCidrs.map((cidr) => [cidr, publicIp] as const),
  ];
  return wanted.flatMap(([destination, source]): KernelFinding[] => {
    const route = routes.find((one) => one.type === 'unicast' && one.destination === destination);
    if (route?.source === source) return [];
    return [
      {
        code: 'route-source',
        severity: 'broken',
        seen:
          route === undefined
            ? `table ${table} has no route to ${destination}`
            : `the route to ${destination} in table ${table} gives ${route.source ?? 'no source'}`,
        wanted: `src ${source}`,
        remedy: `Call ensure again, which sets it: a socket on 0.0.0.0 gets its source from there.`,
      },
    ];
  });
}
