import { addressFamily } from '../schema/rtnetlink.ts';
import { ifla, iflaIgnored, inetConf, ipv4Settings, linkFlag, linkInfo } from '../schema/link.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatMacAddress } from '../wire/mac-address.ts';
import type { Ipv4LinkSettings, Link } from './link.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** struct ifinfomsg: u8 family, pad, u16 type, i32 index, u32 flags, u32 change. */
export const linkHeaderLength = 16;

/** Reads an RTM_NEWLINK or RTM_DELLINK; undefined when it is too short to be one. */
export function decodeLink(view: DataView, start: number, end: number): Link | undefined {
  if (start + linkHeaderLength > end) return undefined;
  const flags = view.getUint32(start + 8, hostIsLittleEndian);
  const unknownAttributes: UnknownAttribute[] = [];
  const link: Mutable<Link> = {
    index: view.getInt32(start + 4, hostIsLittleEndian),
    name: '',
    mtu: 0,
    up: (flags & linkFlag.up) !== 0,
    lowerUp: (flags & linkFlag.lowerUp) !== 0,
    ipv4: noIpv4Settings,
    unknownAttributes,
  };
  const attribute = new AttributeCursor(view, start + linkHeaderLength, end);
  while (attribute.next()) {
    if (!readAttribute(link, attribute) && !iflaIgnored.has(attribute.type)) {
      unknownAttributes.push(attribute.unknown());
    }
  }
  return link;
}

function readAttribute(link: Mutable<Link>, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case ifla.name:
      link.name = attribute.string();
      return true;
    case ifla.address:
      link.macAddress = formatMacAddress(attribute.peek());
      return true;
    case ifla.mtu:
      link.mtu = attribute.u32();
      return true;
    case ifla.link:
      link.parentIndex = attribute.u32();
      return true;
    case ifla.linkNetNsId:
      link.parentNetnsId = attribute.i32();
      return true;
    case ifla.master:
      link.masterIndex = attribute.u32();
      return true;
    case ifla.linkInfo:
      readKind(link, attribute.nested());
      return true;
    case ifla.afSpec:
      readFamilies(link, attribute.nested());
      return true;
    default:
      return false;
  }
}

function readKind(link: Mutable<Link>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    if (attribute.type === linkInfo.kind) link.kind = attribute.string();
  }
}

function readFamilies(link: Mutable<Link>, family: AttributeCursor): void {
  while (family.next()) {
    if (family.type !== addressFamily.ipv4) continue;
    const attribute = family.nested();
    while (attribute.next()) {
      if (attribute.type === inetConf) link.ipv4 = readIpv4Settings(attribute);
    }
  }
}

/** An array of i32; the setting with index n lies at 4 * (n - 1). Older kernels send fewer. */
function readIpv4Settings(attribute: AttributeCursor): Ipv4LinkSettings {
  const { view, start, end } = attribute;
  const settings: Record<string, number | boolean> = { available: true };
  for (const [name, { index, type }] of Object.entries(ipv4Settings)) {
    const at = start + 4 * (index - 1);
    const value = at + 4 <= end ? view.getInt32(at, hostIsLittleEndian) : 0;
    settings[name] = type === 'boolean' ? value !== 0 : value;
  }
  return settings as unknown as Ipv4LinkSettings;
}

const noIpv4Settings = Object.freeze({
  available: false,
  ...Object.fromEntries(
    Object.entries(ipv4Settings).map(([name, { type }]) => [name, type === 'boolean' ? false : 0]),
  ),
}) as unknown as Ipv4LinkSettings;
