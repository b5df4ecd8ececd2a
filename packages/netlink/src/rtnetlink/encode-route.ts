import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import {
  addressFamily,
  nextHopFlag,
  routeFlag,
  routerPreference,
  routeType,
  rta,
  rtax,
  rtm,
  scope,
} from '../schema/rtnetlink.ts';
import { parseIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Family, IpPrefix } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type {
  NewRoute,
  NextHop,
  RouteFilter,
  RouteLookup,
  RouteMetric,
  RouteMetrics,
  RouteType,
} from './route.ts';
import { scopeToNumber } from './scope.ts';

const { request, ack, dump, create, exclusive, replace, append } = messageFlag;
const text = new TextEncoder();
const mainTable = 254;
const protocolStatic = 4;

export function encodeListRoutes(
  writer: MessageWriter,
  family: Family,
  filter: RouteFilter,
): Uint8Array {
  writer.begin(rtm.getRoute, request | dump);
  writer.u8(addressFamily[family]).u8(0).u16(0);
  writer
    .u8(0)
    .u8(filter.protocol ?? 0)
    .u8(0);
  writer.u8(filter.type === undefined ? 0 : typeNumber(filter.type)).u32(0);
  if (filter.table !== undefined) writer.attributeU32(rta.table, filter.table);
  if (filter.linkIndex !== undefined) writer.attributeU32(rta.outputLink, filter.linkIndex);
  return writer.finish();
}

export type HowToAdd = 'exclusive' | 'replace' | 'append' | 'change';

/** NLM_F_*: what is to happen when there is one like it. `change`: it must be there. */
const howToAdd: Readonly<Record<HowToAdd, number>> = {
  exclusive: create | exclusive,
  replace: create | replace,
  append: create | append,
  change: replace,
};

export function encodeAddRoute(writer: MessageWriter, route: NewRoute, how: HowToAdd): Uint8Array {
  writer.begin(rtm.newRoute, request | ack | howToAdd[how]);
  return writeRoute(writer, route, {
    protocol: route.protocol ?? protocolStatic,
    scope: route.scope === undefined ? usualScope(route) : scopeToNumber(route.scope),
    type: typeNumber(route.type ?? 'unicast'),
  });
}

/** Zero and "nowhere" are the kernel's wildcards. */
export function encodeRemoveRoute(writer: MessageWriter, route: NewRoute): Uint8Array {
  writer.begin(rtm.delRoute, request | ack);
  return writeRoute(writer, route, {
    protocol: route.protocol ?? 0,
    scope: route.scope === undefined ? scope.nowhere : scopeToNumber(route.scope),
    type: route.type === undefined ? 0 : typeNumber(route.type),
  });
}

export function encodeLookupRoute(writer: MessageWriter, query: RouteLookup): Uint8Array {
  const to = parseIpAddress(query.to);
  const from = query.from === undefined ? undefined : parseIpAddress(query.from);
  const family = to.length === 4 ? addressFamily.ipv4 : addressFamily.ipv6;
  writer.begin(rtm.getRoute, request);
  writer
    .u8(family)
    .u8(to.length * 8)
    .u8(from === undefined ? 0 : from.length * 8)
    .u8(0);
  // IPv6 always says the table, and under NETLINK_GET_STRICT_CHK refuses to be asked for it (inet6_rtm_valid_getroute_req)
  const flags = family === addressFamily.ipv4 ? routeFlag.lookupTable : 0;
  writer.u32(0).u32(flags).attribute(rta.destination, to);
  if (from !== undefined) writer.attribute(rta.source, from);
  const { inputLinkIndex, outputLinkIndex, mark } = query;
  if (inputLinkIndex !== undefined) writer.attributeU32(rta.inputLink, inputLinkIndex);
  if (outputLinkIndex !== undefined) writer.attributeU32(rta.outputLink, outputLinkIndex);
  if (mark !== undefined) writer.attributeU32(rta.mark, mark);
  return writer.finish();
}

interface HeaderFields {
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}

/** struct rtmsg: u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags. */
function writeRoute(writer: MessageWriter, route: NewRoute, header: HeaderFields): Uint8Array {
  const destination = parseIpPrefix(route.destination);
  checkFamily(route, destination);
  const source = route.source === undefined ? undefined : parseIpPrefix(route.source);
  const table = route.table ?? mainTable;
  writer.u8(addressFamily[destination.family]).u8(destination.prefixLength);
  writer.u8(source?.prefixLength ?? 0).u8(route.typeOfService ?? 0);
  writer.u8(table < 256 ? table : 0).u8(header.protocol);
  writer.u8(header.scope).u8(header.type);
  writer.u32(route.onlink === true ? nextHopFlag.onlink : 0);
  if (destination.prefixLength > 0) writer.attribute(rta.destination, destination.bytes);
  if (source !== undefined) writer.attribute(rta.source, source.bytes);
  if (table > 255) writer.attributeU32(rta.table, table);
  if (route.gateway !== undefined) writeGateway(writer, route.gateway, destination.family);
  if (route.preferredSource !== undefined) {
    writer.attribute(rta.preferredSource, parseIpAddress(route.preferredSource));
  }
  writeNumbers(writer, route);
  if (route.mtu !== undefined || route.metrics !== undefined) {
    writeMetrics(writer, route.mtu, route.metrics ?? {});
  }
  if (route.nextHops !== undefined) writeNextHops(writer, route.nextHops, destination.family);
  return writer.finish();
}

function writeNumbers(writer: MessageWriter, route: NewRoute): void {
  const { linkIndex, metric, nextHopId, preference, expiresSeconds } = route;
  if (linkIndex !== undefined) writer.attributeU32(rta.outputLink, linkIndex);
  if (metric !== undefined) writer.attributeU32(rta.priority, metric);
  if (nextHopId !== undefined) writer.attributeU32(rta.nexthopId, nextHopId);
  if (preference !== undefined) {
    writer.attributeU8(rta.preference, routerPreference[preference]);
  }
  if (expiresSeconds !== undefined) writer.attributeU32(rta.expires, expiresSeconds);
}

/** RTA_GATEWAY, or for one of the other family RTA_VIA: struct rtvia, u16 family and the address. */
function writeGateway(writer: MessageWriter, gateway: string, family: Family): void {
  const bytes = parseIpAddress(gateway);
  const own: Family = bytes.length === 4 ? 'ipv4' : 'ipv6';
  if (own === family) writer.attribute(rta.gateway, bytes);
  else {
    const start = writer.start(rta.via);
    writer.u16(addressFamily[own]).bytes(bytes).end(start);
  }
}

function writeMetrics(writer: MessageWriter, mtu: number | undefined, metrics: RouteMetrics): void {
  const start = writer.start(rta.metrics);
  const { congestionControl, locked = [], ...numbers } = metrics;
  if (mtu !== undefined) writer.attributeU32(rtax.mtu, mtu);
  for (const [name, value] of Object.entries(numbers)) {
    writer.attributeU32(rtax[name as RouteMetric], value);
  }
  if (congestionControl !== undefined) {
    writer.attribute(rtax.congestionControl, text.encode(congestionControl));
  }
  if (locked.length > 0) {
    const bits = locked.reduce((all, name) => all | (1 << rtax[name]), 0);
    writer.attributeU32(rtax.lock, bits);
  }
  writer.end(start);
}

/** struct rtnexthop: u16 length, u8 flags, u8 weight - 1, i32 link index; then attributes. */
function writeNextHops(
  writer: MessageWriter,
  nextHops: readonly Partial<NextHop>[],
  family: Family,
): void {
  const list = writer.start(rta.multipath);
  for (const hop of nextHops) {
    const onlink = hop.flags?.includes('onlink') === true ? nextHopFlag.onlink : 0;
    const start = writer.startNextHop(onlink, (hop.weight ?? 1) - 1);
    writer.u32(hop.linkIndex ?? 0);
    if (hop.gateway !== undefined) writeGateway(writer, hop.gateway, family);
    writer.end(start);
  }
  writer.end(list);
}

/** What `ip route add` chooses (its manual, "scope SCOPE_VAL"). */
function usualScope(route: NewRoute): number {
  const type = route.type ?? 'unicast';
  if (type === 'local') return scope.host;
  if (type === 'broadcast' || type === 'multicast' || type === 'anycast') return scope.link;
  if (type !== 'unicast') return scope.global;
  if (route.destination.includes(':')) return scope.global;
  const { gateway, nextHops, nextHopId } = route;
  const isDirect = gateway === undefined && nextHops === undefined && nextHopId === undefined;
  return isDirect ? scope.link : scope.global;
}

function typeNumber(type: RouteType): number {
  return typeof type === 'number' ? type : routeType[type];
}

function checkFamily(route: NewRoute, destination: IpPrefix): void {
  if (route.family === undefined || route.family === destination.family) return;
  throw inputError(
    `the route's family is ${route.family}, but its destination is ${route.destination}`,
    'Leave the family out: it follows from the destination.',
  );
}
