import { addressFamily } from '../schema/rtnetlink.ts';
import { flagNames, namesOf } from '../schema/name-table.ts';
import {
  addressGeneration,
  ifla,
  iflaIgnored,
  iflaOfHardware,
  inet6,
  inetConf,
  ipv4Settings,
  ipv6Settings,
  linkFlag,
  linkInfo,
  linkMode,
  linkStatistics,
  operState,
  xdp,
  xdpMode,
} from '../schema/link.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { decodeLinkDetails } from './decode-link-kind.ts';
import { readLinkValue } from './link-values.ts';
import type { Ipv4LinkSettings, Ipv6LinkSettings, Link, LinkStatistics } from './link.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** struct ifinfomsg: u8 family, pad, u16 type, i32 index, u32 flags, u32 change. */
export const linkHeaderLength = 16;

const operStates = namesOf(operState);
const linkModes = namesOf(linkMode);
const xdpModes = namesOf(xdpMode);
const addressGenerations = namesOf(addressGeneration);

/** Reads an RTM_NEWLINK or RTM_DELLINK; undefined when it is too short to be one. */
export function decodeLink(view: DataView, start: number, end: number): Link | undefined {
  if (start + linkHeaderLength > end) return undefined;
  const flags = view.getUint32(start + 8, hostIsLittleEndian);
  const unknownAttributes: UnknownAttribute[] = [];
  const link: Mutable<Link> = {
    index: view.getInt32(start + 4, hostIsLittleEndian),
    name: '',
    mtu: 0,
    flags: flagNames(linkFlag, flags),
    up: (flags & linkFlag.up) !== 0,
    lowerUp: (flags & linkFlag.lowerUp) !== 0,
    ipv4: noIpv4Settings,
    unknownAttributes,
  };
  const attribute = new AttributeCursor(view, start + linkHeaderLength, end);
  while (attribute.next()) {
    if (readLinkValue(link, attribute) || readAttribute(link, attribute)) continue;
    if (saysSomething(attribute)) unknownAttributes.push(attribute.unknown());
  }
  return link;
}

function saysSomething({ type, start, end }: AttributeCursor): boolean {
  return !iflaIgnored.has(type) && (end > start || !iflaOfHardware.has(type));
}

function readAttribute(link: Mutable<Link>, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case ifla.linkNetNsId:
      link.parentNetnsId = attribute.i32();
      return true;
    case ifla.operState:
      return readName(operStates, attribute, (state) => (link.operState = state));
    case ifla.linkMode:
      return readName(linkModes, attribute, (mode) => (link.linkMode = mode));
    case ifla.propList:
      link.altNames = readAltNames(attribute.nested());
      return true;
    case ifla.linkInfo:
      readKind(link, attribute.nested());
      return true;
    case ifla.afSpec:
      readFamilies(link, attribute.nested());
      return true;
    case ifla.stats64:
      link.statistics = readStatistics(attribute);
      return true;
    case ifla.xdp:
      readXdp(link, attribute.nested());
      return true;
    default:
      return false;
  }
}

/** A u8 that has a name; one of a newer kernel is left among the unknown attributes. */
function readName<Name>(
  names: ReadonlyMap<number, Name>,
  attribute: AttributeCursor,
  keep: (name: Name) => void,
): boolean {
  const name = names.get(attribute.u8());
  if (name !== undefined) keep(name);
  return name !== undefined;
}

/** The kernel tells of every link that none is attached. */
function readXdp(link: Mutable<Link>, attribute: AttributeCursor): void {
  let mode: keyof typeof xdpMode | undefined;
  let programId: number | undefined;
  while (attribute.next()) {
    if (attribute.type === xdp.attached) mode = xdpModes.get(attribute.u8());
    if (attribute.type === xdp.programId) programId = attribute.u32();
  }
  if (mode !== undefined && mode !== 'none')
    link.xdp = programId === undefined ? { mode } : { mode, programId };
}

function readAltNames(attribute: AttributeCursor): string[] {
  const names: string[] = [];
  while (attribute.next()) if (attribute.type === ifla.altName) names.push(attribute.string());
  return names;
}

/** The kind comes before its data, as the kernel writes them. */
function readKind(link: Mutable<Link>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    if (attribute.type === linkInfo.kind) link.kind = attribute.string();
    if (attribute.type === linkInfo.data && link.kind !== undefined) {
      const details = decodeLinkDetails(link.kind, attribute.nested());
      if (details !== undefined) link.details = details;
    }
  }
}

function readFamilies(link: Mutable<Link>, family: AttributeCursor): void {
  while (family.next()) {
    const attribute = family.nested();
    if (family.type === addressFamily.ipv4) {
      while (attribute.next()) {
        if (attribute.type === inetConf) link.ipv4 = readIpv4Settings(attribute);
      }
    } else if (family.type === addressFamily.ipv6) readIpv6(link, attribute);
  }
}

/** An array of i32; the setting with index n lies at 4 * (n - 1). Older kernels send fewer. */
function readIpv4Settings(attribute: AttributeCursor): Ipv4LinkSettings {
  const settings: Record<string, number | boolean> = { available: true };
  for (const [name, [index, type]] of Object.entries(ipv4Settings)) {
    const value = numberAt(attribute, index - 1);
    settings[name] = type === 'boolean' ? value !== 0 : value;
  }
  return settings as unknown as Ipv4LinkSettings;
}

/** The array counts from 0 here (DEVCONF_*). */
function readIpv6(link: Mutable<Link>, attribute: AttributeCursor): void {
  const settings: Record<string, number | boolean | string> = {};
  while (attribute.next()) {
    if (attribute.type === inet6.conf) {
      for (const [name, [index, type]] of Object.entries(ipv6Settings)) {
        const value = numberAt(attribute, index);
        settings[name] =
          type === 'boolean' ? value !== 0 : type === 'unsigned' ? value >>> 0 : value;
      }
      link.ipv6 = settings as unknown as Ipv6LinkSettings;
    } else if (attribute.type === inet6.addressGenerationMode) {
      const mode = addressGenerations.get(attribute.u8());
      if (mode !== undefined) settings['addressGeneration'] = mode;
    }
  }
}

function numberAt({ view, start, end }: AttributeCursor, index: number): number {
  const at = start + 4 * index;
  return at + 4 <= end ? view.getInt32(at, hostIsLittleEndian) : 0;
}

function readStatistics({ view, start, end }: AttributeCursor): LinkStatistics {
  const values = Object.entries(linkStatistics).map(([name, offset]) => {
    const at = start + offset;
    return [name, at + 8 <= end ? Number(view.getBigUint64(at, hostIsLittleEndian)) : 0] as const;
  });
  return Object.fromEntries(values) as unknown as LinkStatistics;
}

const noIpv4Settings = Object.freeze({
  available: false,
  ...Object.fromEntries(
    Object.entries(ipv4Settings).map(([name, [, type]]) => [name, type === 'boolean' ? false : 0]),
  ),
}) as unknown as Ipv4LinkSettings;
