import { nextHopFlag, routerPreference, routeType, rta, rtax } from '../schema/rtnetlink.ts';
import { flagNames, namesOf } from '../schema/name-table.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import { decodePlainRoute } from './decode-plain-route.ts';
import { anyAddress, familyFromNumber } from './family.ts';
import type { NextHop, Route, RouteMetric } from './route.ts';
import { scopeFromNumber } from './scope.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** struct rtmsg */
const headerLength = 12;
const typeNames = namesOf(routeType);
const preferenceNames = namesOf(routerPreference);
const metricNames = namesOf(rtax);
// Known, and not passed on: realms, uid, and what a lookup was asked with.
const ignored = new Set<number>([rta.flow, rta.uid, rta.mark, rta.inputLink]);

/** Reads an RTM_NEWROUTE or RTM_DELROUTE; undefined for other families than IPv4 and IPv6. */
export function decodeRoute(view: DataView, start: number, end: number): Route | undefined {
  if (start + headerLength > end) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  if (family === undefined) return undefined;
  return decodePlainRoute(view, start, end) ?? decodeAnyRoute(family, view, start, end);
}

function decodeAnyRoute(family: Family, view: DataView, start: number, end: number): Route {
  const prefixLength = view.getUint8(start + 1);
  const type = view.getUint8(start + 7);
  const flags = view.getUint32(start + 8, hostIsLittleEndian);
  const route: Mutable<Route> = {
    family,
    type: typeNames.get(type) ?? type,
    destination: anyAddress(family),
    table: view.getUint8(start + 4),
    protocol: view.getUint8(start + 5),
    scope: scopeFromNumber(view.getUint8(start + 6)),
    flags: flagNames(nextHopFlag, flags),
  };
  if ((flags & nextHopFlag.onlink) !== 0) route.onlink = true;
  const typeOfService = view.getUint8(start + 3);
  if (typeOfService !== 0) route.typeOfService = typeOfService;
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) readAttribute(route, attribute);
  route.destination = `${route.destination}/${String(prefixLength)}`;
  if (route.source !== undefined) {
    const sourceLength = view.getUint8(start + 2);
    // a lookup tells the source of the packet it was asked about, with length 0
    if (sourceLength === 0) delete route.source;
    else route.source = `${route.source}/${String(sourceLength)}`;
  }
  return route;
}

function readAttribute(route: Mutable<Route>, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case rta.destination:
      route.destination = attribute.address();
      break;
    case rta.gateway:
      route.gateway = attribute.address();
      break;
    case rta.outputLink:
      route.linkIndex = attribute.u32();
      break;
    case rta.priority:
      route.metric = attribute.u32();
      break;
    case rta.preferredSource:
      route.preferredSource = attribute.address();
      break;
    case rta.table:
      route.table = attribute.u32();
      break;
    case rta.metrics:
      readMetrics(route, attribute.nested());
      break;
    case rta.multipath:
      route.nextHops = readNextHops(attribute);
      break;
    case rta.via:
      route.gateway = readVia(attribute);
      break;
    case rta.source:
      route.source = attribute.address();
      break;
    case rta.nexthopId:
      route.nextHopId = attribute.u32();
      break;
    case rta.preference: {
      // medium is what every IPv6 route has
      const preference = preferenceNames.get(attribute.u8());
      if (preference !== undefined && preference !== 'medium') route.preference = preference;
      break;
    }
    case rta.cacheInfo:
      readCacheInfo(route, attribute);
      break;
    default:
      if (ignored.has(attribute.type)) break;
      route.unknownAttributes = [...(route.unknownAttributes ?? []), attribute.unknown()];
  }
}

/** struct rtvia: u16 family, then the address. */
function readVia(attribute: AttributeCursor): string {
  return formatIpAddress(attribute.peek().subarray(2));
}

/** struct rta_cacheinfo: u32 clntref, lastuse; i32 expires in hundredths of a second (USER_HZ); ... */
function readCacheInfo(route: Mutable<Route>, { view, start, end }: AttributeCursor): void {
  const expires = start + 12 <= end ? view.getInt32(start + 8, hostIsLittleEndian) : 0;
  if (expires > 0) route.expiresSeconds = Math.ceil(expires / 100);
}

function readMetrics(route: Mutable<Route>, attribute: AttributeCursor): void {
  const metrics: Record<string, unknown> = {};
  while (attribute.next()) {
    const name = metricNames.get(attribute.type);
    if (name === undefined) continue;
    if (name === 'mtu') route.mtu = attribute.u32();
    else if (name === 'congestionControl') metrics[name] = attribute.string();
    else if (name === 'lock') metrics['locked'] = lockedMetrics(attribute.u32());
    else metrics[name] = attribute.u32();
  }
  if (Object.keys(metrics).length > 0) route.metrics = metrics;
}

function lockedMetrics(bits: number): (RouteMetric | 'mtu')[] {
  return [...metricNames].flatMap(([number, name]) =>
    (bits & (1 << number)) !== 0 ? [name as RouteMetric | 'mtu'] : [],
  );
}

/** A row of struct rtnexthop, each with its own length; see `writeNextHops`. */
function readNextHops({ view, start, end }: AttributeCursor): NextHop[] {
  const hops: NextHop[] = [];
  let at = start;
  while (at + 8 <= end) {
    const length = view.getUint16(at, hostIsLittleEndian);
    if (length < 8 || at + length > end) break;
    const hop: Mutable<NextHop> = {
      flags: flagNames(nextHopFlag, view.getUint8(at + 2)),
      weight: view.getUint8(at + 3) + 1,
      linkIndex: view.getInt32(at + 4, hostIsLittleEndian),
    };
    const attribute = new AttributeCursor(view, at + 8, at + length);
    while (attribute.next()) {
      if (attribute.type === rta.gateway) hop.gateway = attribute.address();
      else if (attribute.type === rta.via) hop.gateway = readVia(attribute);
      else if (!ignored.has(attribute.type)) {
        hop.unknownAttributes = [...(hop.unknownAttributes ?? []), attribute.unknown()];
      }
    }
    hops.push(hop);
    at += (length + 3) & ~3;
  }
  return hops;
}
