import type { NewAddress } from '../rtnetlink/address.ts';
import type { NewRoute, NextHop, RouteMetrics } from '../rtnetlink/route.ts';
import type { NewRule } from '../rtnetlink/rule.ts';

/** What `ip` calls a link: its name, or `if7` for one that is not known. */
export type NameOf = (linkIndex: number) => string;

type Words = readonly (string | false | undefined)[];

/** The command that would do the same. An IPv6 rule without addresses needs `ip -6`. */
export function ruleCommand(verb: 'add' | 'del', rule: NewRule): string {
  const { mark, markMask, family, from, to } = rule;
  const isIpv6 = family === 'ipv6' || [from, to].some((prefix) => prefix?.includes(':') === true);
  return words([
    isIpv6 ? 'ip -6 rule' : 'ip rule',
    verb,
    rule.invert === true && 'not',
    said('priority', rule.priority),
    said('from', from),
    said('to', to),
    said('iif', rule.inputLinkName),
    said('oif', rule.outputLinkName),
    mark !== undefined &&
      `fwmark ${String(mark)}${markMask === undefined ? '' : `/${String(markMask)}`}`,
    rule.typeOfService !== undefined && `tos 0x${rule.typeOfService.toString(16)}`,
    said('ipproto', rule.ipProtocol),
    saidRange('sport', rule.sourcePorts),
    saidRange('dport', rule.destinationPorts),
    saidRange('uidrange', rule.uidRange),
    said('suppress_prefixlength', rule.suppressPrefixLength),
    said('suppress_ifgroup', rule.suppressLinkGroup),
    said('tun_id', rule.tunnelId),
    said('protocol', rule.protocol),
    rule.l3mdev === true && 'l3mdev',
    ...lead(rule),
  ]);
}

function lead({ action = 'table', table, goto }: NewRule): Words {
  if (action === 'table') return [said('table', table === 0 ? undefined : table)];
  return action === 'goto' ? [said('goto', goto)] : [String(action)];
}

/** The command that would do the same. */
export function routeCommand(
  verb: 'add' | 'replace' | 'del',
  route: NewRoute,
  nameOf: NameOf,
): string {
  const { destination, type, gateway, linkIndex, nextHops, typeOfService } = route;
  return words([
    destination.includes(':') ? 'ip -6 route' : 'ip route',
    verb,
    type === 'unicast' || type === undefined ? undefined : String(type),
    destination,
    said('from', route.source),
    typeOfService !== undefined && `tos 0x${typeOfService.toString(16)}`,
    said('metric', route.metric),
    said('table', route.table),
    said('proto', route.protocol),
    said('scope', verb === 'del' ? undefined : route.scope),
    said('src', route.preferredSource),
    ...metricWords(route.mtu, route.metrics ?? {}),
    said('pref', route.preference),
    said('expires', route.expiresSeconds),
    said('nhid', route.nextHopId),
    ...hopWords({ gateway, linkIndex }, destination, nameOf),
    route.onlink === true && 'onlink',
    ...(nextHops ?? []).flatMap((hop) => nextHopWords(hop, destination, nameOf)),
  ]);
}

interface Way {
  readonly gateway?: string | undefined;
  readonly linkIndex?: number | undefined;
}

function hopWords({ gateway, linkIndex }: Way, destination: string, nameOf: NameOf): Words {
  const isOther = gateway?.includes(':') !== destination.includes(':');
  return [
    gateway !== undefined &&
      `via ${isOther ? (gateway.includes(':') ? 'inet6 ' : 'inet ') : ''}${gateway}`,
    linkIndex !== undefined && `dev ${nameOf(linkIndex)}`,
  ];
}

function nextHopWords(hop: Partial<NextHop>, destination: string, nameOf: NameOf): Words {
  return [
    'nexthop',
    ...hopWords(hop, destination, nameOf),
    said('weight', hop.weight),
    hop.flags?.includes('onlink') === true && 'onlink',
  ];
}

const metricNames: Readonly<Partial<Record<keyof RouteMetrics, string>>> = {
  window: 'window',
  advertisedMss: 'advmss',
  reordering: 'reordering',
  hopLimit: 'hoplimit',
  initialCongestionWindow: 'initcwnd',
  initialReceiveWindow: 'initrwnd',
  slowStartThreshold: 'ssthresh',
  congestionWindow: 'cwnd',
  quickAck: 'quickack',
  congestionControl: 'congctl',
};

/** Times are left out: ip takes them in other units. */
function metricWords(mtu: number | undefined, { locked = [], ...metrics }: RouteMetrics): Words {
  const lock = (name: string): string =>
    (locked as readonly string[]).includes(name) ? 'lock ' : '';
  return [
    mtu !== undefined && `mtu ${lock('mtu')}${String(mtu)}`,
    ...Object.entries(metrics).map(([name, value]) => {
      const word = metricNames[name as keyof RouteMetrics];
      return word !== undefined && `${word} ${lock(name)}${String(value)}`;
    }),
  ];
}

/** The command that would do the same. */
export function addressCommand(
  verb: 'add' | 'replace' | 'del',
  address: NewAddress,
  nameOf: NameOf,
): string {
  const { peer } = address;
  const own = peer === undefined ? address.address : (address.address.split('/')[0] ?? '');
  const rest: Words = [
    said('scope', address.scope),
    said('label', address.label),
    said('broadcast', address.broadcast),
    address.noPrefixRoute === true && 'noprefixroute',
    address.noDuplicateDetection === true && 'nodad',
    address.optimistic === true && 'optimistic',
    address.homeAddress === true && 'home',
    address.manageTemporary === true && 'mngtmpaddr',
    address.multicastAutoJoin === true && 'autojoin',
    said('valid_lft', address.validSeconds),
    said('preferred_lft', address.preferredSeconds),
    said('metric', address.prefixRouteMetric),
    said('proto', address.protocol),
  ];
  return words([
    'ip address',
    verb,
    own,
    said('peer', peer),
    `dev ${nameOf(address.linkIndex)}`,
    ...(verb === 'del' ? [] : rest),
  ]);
}

function words(parts: Words): string {
  return parts.filter((part) => part !== undefined && part !== false).join(' ');
}

function said(word: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${word} ${String(value)}`;
}

function saidRange(
  word: string,
  range: { readonly first: number; readonly last: number } | undefined,
): string | undefined {
  return range && `${word} ${String(range.first)}-${String(range.last)}`;
}
