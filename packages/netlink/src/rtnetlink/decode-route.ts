import { nextHopFlag, routeType, rta, rtax } from '../schema/rtnetlink.ts';
import { flagNames, namesOf } from '../schema/name-table.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import { anyAddress, familyFromNumber } from './family.ts';
import type { NextHop, Route } from './route.ts';
import { scopeFromNumber } from './scope.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** struct rtmsg */
const headerLength = 12;
const typeNames = namesOf(routeType);
// Known, and not passed on: cache times, realms, pref, expiry, uid, source length 0.
const ignored = new Set<number>([
  rta.cacheInfo,
  rta.flow,
  rta.preference,
  rta.expires,
  rta.uid,
  rta.source,
  rta.mark,
  rta.inputLink,
]);

/** Reads an RTM_NEWROUTE or RTM_DELROUTE; undefined for other families than IPv4 and IPv6. */
export function decodeRoute(view: DataView, start: number, end: number): Route | undefined {
  if (start + headerLength > end) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  if (family === undefined) return undefined;
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
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) readAttribute(route, attribute);
  route.destination = `${route.destination}/${String(prefixLength)}`;
  return route;
}

function readAttribute(route: Mutable<Route>, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case rta.destination:
      route.destination = formatIpAddress(attribute.peek());
      break;
    case rta.gateway:
      route.gateway = formatIpAddress(attribute.peek());
      break;
    case rta.outputLink:
      route.linkIndex = attribute.u32();
      break;
    case rta.priority:
      route.metric = attribute.u32();
      break;
    case rta.preferredSource:
      route.preferredSource = formatIpAddress(attribute.peek());
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
    default:
      if (ignored.has(attribute.type)) break;
      route.unknownAttributes = [...(route.unknownAttributes ?? []), attribute.unknown()];
  }
}

function readMetrics(route: Mutable<Route>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    if (attribute.type === rtax.mtu) route.mtu = attribute.u32();
  }
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
      if (attribute.type === rta.gateway) hop.gateway = formatIpAddress(attribute.peek());
      else if (!ignored.has(attribute.type)) {
        hop.unknownAttributes = [...(hop.unknownAttributes ?? []), attribute.unknown()];
      }
    }
    hops.push(hop);
    at += (length + 3) & ~3;
  }
  return hops;
}
