import type { Address, Route, Rule } from '@truetuple/netlink';
import { parseIpv4Address, type Cidr } from '../../identity/address.ts';
import type { BoundPorts } from '../../identity/delivery.ts';
import type { LinkAddress, SourceRule, TableRoute } from '../../kernel/kernel-port.ts';
import { protocolOf } from './ip-protocol.ts';

/** The kernel's words become ours once, here. */
export function readAddress({ address, scope }: Address): LinkAddress {
  const [own = '', prefixLength = ''] = address.split('/');
  return {
    address: parseIpv4Address(own),
    prefixLength: Number(prefixLength),
    scope: readScope(scope),
  };
}

export function readRoute(route: Route): TableRoute {
  const { gateway, linkIndex, mtu, preferredSource } = route;
  return {
    type: readType(route.type),
    destination: route.destination as Cidr,
    ...(linkIndex === undefined ? {} : { linkIndex }),
    // a gateway may be an IPv6 address (RFC 5549): then the route is none of ours
    ...(gateway === undefined || gateway.includes(':')
      ? {}
      : { gateway: parseIpv4Address(gateway) }),
    ...(preferredSource === undefined ? {} : { source: parseIpv4Address(preferredSource) }),
    scope: readScope(route.scope),
    metric: route.metric ?? 0,
    ...(mtu === undefined ? {} : { mtu }),
    onlink: route.onlink === true,
    protocol: route.protocol,
  };
}

export function readRule(rule: Rule): SourceRule {
  const { priority, from, table, protocol } = rule;
  const ports = readPorts(rule);
  return {
    priority,
    ...(from === undefined ? {} : { from: from as Cidr }),
    table,
    protocol,
    ...(ports === undefined ? {} : { ports }),
    hasMore: hasMore(rule, ports === undefined ? plainFields : portFields),
  };
}

/** What a rule with a source and a table has at most; each other field of a Rule narrows or changes it. */
export const plainFields: ReadonlySet<string> = new Set<keyof Rule>([
  'family',
  'priority',
  'from',
  'table',
  'action',
  'protocol',
]);

const portFields: ReadonlySet<string> = new Set<string>([
  ...plainFields,
  ...(['ipProtocol', 'sourcePorts'] satisfies (keyof Rule)[]),
]);

/** Both a protocol of ours and ports: either alone is a rule of someone else. */
function readPorts({ ipProtocol, sourcePorts }: Rule): BoundPorts | undefined {
  if (ipProtocol === undefined || sourcePorts === undefined) return undefined;
  const protocol = protocolOf(ipProtocol);
  return protocol === undefined ? undefined : { protocol, ...sourcePorts };
}

/** True for a rule with a field beyond the usual ones. */
export function hasMore(rule: Rule, usual: ReadonlySet<string>): boolean {
  if (rule.action !== 'table') return true;
  return Object.entries(rule).some(
    ([field, value]) =>
      !usual.has(field) && value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
}

export function readType(type: Route['type']): TableRoute['type'] {
  return type === 'unicast' || type === 'unreachable' || type === 'blackhole' ? type : 'other';
}

/** RT_SCOPE_* has numbers without names: nothing of ours has one. */
export function readScope(scope: Route['scope']): TableRoute['scope'] {
  return typeof scope === 'number' ? 'nowhere' : scope;
}
