import { addressFlag, ifa } from '../schema/rtnetlink.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import type { Address } from './address.ts';
import { familyFromNumber } from './family.ts';
import { scopeFromNumber } from './scope.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** struct ifaddrmsg: u8 family, prefix length, flags, scope; u32 index. */
const headerLength = 8;
const forever = 0xffffffff; // INFINITY_LIFE_TIME

/** Reads an RTM_NEWADDR or RTM_DELADDR; undefined for other families than IPv4 and IPv6. */
export function decodeAddress(view: DataView, start: number, end: number): Address | undefined {
  if (start + headerLength > end) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  if (family === undefined) return undefined;
  const prefixLength = view.getUint8(start + 1);
  let flags = view.getUint8(start + 2);
  let own: string | undefined;
  let peer: string | undefined;
  const address: Mutable<Address> = {
    family,
    linkIndex: view.getUint32(start + 4, hostIsLittleEndian),
    address: '',
    scope: scopeFromNumber(view.getUint8(start + 3)),
  };
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) {
    switch (attribute.type) {
      case ifa.address:
        peer = formatIpAddress(attribute.peek());
        break;
      case ifa.local:
        own = formatIpAddress(attribute.peek());
        break;
      case ifa.flags:
        flags = attribute.u32();
        break;
      default:
        readAttribute(address, attribute);
    }
  }
  if (own !== undefined && peer !== undefined && own !== peer) {
    address.peer = `${peer}/${String(prefixLength)}`;
    address.address = `${own}/${family === 'ipv4' ? '32' : '128'}`;
  } else {
    address.address = `${own ?? peer ?? ''}/${String(prefixLength)}`;
  }
  readFlags(address, flags);
  return address;
}

function readAttribute(address: Mutable<Address>, attribute: AttributeCursor): void {
  if (attribute.type === ifa.label) address.label = attribute.string();
  else if (attribute.type === ifa.broadcast) address.broadcast = formatIpAddress(attribute.peek());
  else if (attribute.type === ifa.protocol) address.protocol = attribute.u8();
  else if (attribute.type === ifa.routePriority) address.prefixRouteMetric = attribute.u32();
  else if (attribute.type === ifa.cacheInfo) readLifetimes(address, attribute);
  else {
    address.unknownAttributes = [...(address.unknownAttributes ?? []), attribute.unknown()];
  }
}

/** struct ifa_cacheinfo, see `writeLifetimes`. */
function readLifetimes(address: Mutable<Address>, { view, start, end }: AttributeCursor): void {
  if (start + 8 > end) return;
  const preferred = view.getUint32(start, hostIsLittleEndian);
  const valid = view.getUint32(start + 4, hostIsLittleEndian);
  if (preferred !== forever) address.preferredSeconds = preferred;
  if (valid !== forever) address.validSeconds = valid;
}

function readFlags(address: Mutable<Address>, flags: number): void {
  if ((flags & addressFlag.permanent) !== 0) address.permanent = true;
  if ((flags & addressFlag.noPrefixRoute) !== 0) address.noPrefixRoute = true;
  if ((flags & addressFlag.noDad) !== 0) address.noDuplicateDetection = true;
  if (address.family === 'ipv4' && (flags & addressFlag.secondary) !== 0) address.secondary = true;
  if ((flags & addressFlag.tentative) !== 0) address.tentative = true;
  if ((flags & addressFlag.dadFailed) !== 0) address.duplicateFound = true;
  if ((flags & addressFlag.deprecated) !== 0) address.deprecated = true;
  if ((flags & addressFlag.optimistic) !== 0) address.optimistic = true;
  if ((flags & addressFlag.homeAddress) !== 0) address.homeAddress = true;
  if ((flags & addressFlag.manageTemporary) !== 0) address.manageTemporary = true;
  if ((flags & addressFlag.multicastAutoJoin) !== 0) address.multicastAutoJoin = true;
}
