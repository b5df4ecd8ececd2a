import { addressFamily, routeType, rta } from '../schema/rtnetlink.ts';
import { namesOf } from '../schema/name-table.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpv4Prefix } from '../wire/ipv4-prefix.ts';
import type { Route } from './route.ts';
import { scopeFromNumber } from './scope.ts';

/** struct rtmsg */
const headerLength = 12;
/** A header, and the 4 bytes that a number or an IPv4 address has. */
const attributeLength = 8;
const typeNames = namesOf(routeType);
const noFlags: Route['flags'] = [];

/**
 * Reads what most routes of a large table are: IPv4, a destination by an output link, in a table, nothing else. Undefined for
 * any other, which `decodeRoute` reads attribute by attribute. Half the time of a process's first listing of
 * thousands went into that.
 */
export function decodePlainRoute(view: DataView, start: number, end: number): Route | undefined {
  const limit = end < view.byteLength ? end : view.byteLength;
  if (view.getUint8(start) !== addressFamily.ipv4) return undefined;
  // struct rtmsg: source length and type of service, then flags
  if (view.getUint16(start + 2) !== 0 || view.getUint32(start + 8) !== 0) return undefined;
  let address = -1;
  let linkIndex = -1;
  let table = view.getUint8(start + 4);
  let at = start + headerLength;
  while (at + attributeLength <= limit) {
    if (view.getUint16(at, hostIsLittleEndian) !== attributeLength) return undefined;
    const type = view.getUint16(at + 2, hostIsLittleEndian);
    if (type === rta.destination) address = view.getUint32(at + 4);
    else if (type === rta.outputLink) linkIndex = view.getUint32(at + 4, hostIsLittleEndian);
    else if (type === rta.table) table = view.getUint32(at + 4, hostIsLittleEndian);
    else return undefined;
    at += attributeLength;
  }
  if (at !== limit || address < 0 || linkIndex < 0) return undefined;
  const type = view.getUint8(start + 7);
  return {
    family: 'ipv4',
    type: typeNames.get(type) ?? type,
    destination: formatIpv4Prefix(address, view.getUint8(start + 1)),
    table,
    protocol: view.getUint8(start + 5),
    scope: scopeFromNumber(view.getUint8(start + 6)),
    flags: noFlags,
    linkIndex,
  };
}
