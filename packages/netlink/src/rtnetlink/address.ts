import { dump } from '../dump.ts';
import type { Requests } from '../requests.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, addressFlag, ifa, rtm } from '../schema/rtnetlink.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress, parseIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { familyFromNumber } from './family.ts';
import { scopeFromNumber, scopeToNumber } from './scope.ts';
import type { Scope } from './scope.ts';

/** An address on a link (RTM_NEWADDR). */
export interface Address {
  readonly family: Family;
  readonly linkIndex: number;
  /** With its prefix length: `10.0.2.128/24`. */
  readonly address: string;
  readonly scope: Scope;
  /** The other end of a point-to-point link, when it differs: `10.0.2.1/32`. */
  readonly peer?: string;
  readonly broadcast?: string;
  /** IPv4 only; the link's name unless set. */
  readonly label?: string;
  /** The kernel made no route for its prefix. */
  readonly noPrefixRoute?: boolean;
  /** IPv6: it was not checked for duplicates. */
  readonly noDuplicateDetection?: boolean;
  readonly permanent?: boolean;
  /** IPv4: another address of the same subnet came first. */
  readonly secondary?: boolean;
  /** IPv6: not usable yet, the duplicate check runs. */
  readonly tentative?: boolean;
  readonly duplicateFound?: boolean;
  readonly deprecated?: boolean;
  /** Who made it (IFA_PROTO, kernel 5.18 and later). */
  readonly protocol?: number;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** What `addresses.add` takes: family and scope follow from the address unless given. */
export type NewAddress = Omit<Address, 'family' | 'scope' | 'unknownAttributes'> & {
  readonly family?: Family;
  readonly scope?: Scope;
};

/** The addresses of a network namespace. */
export interface Addresses {
  list(filter?: { readonly linkIndex?: number; readonly family?: Family }): Promise<Address[]>;
  /**
   * @param options `exclusive: false`: one that is there already is no error; the kernel then changes
   * its protocol and lifetimes, and leaves scope and flags as they are.
   * @throws NetlinkError EEXIST, ENODEV.
   */
  add(address: NewAddress, options?: { readonly exclusive?: boolean }): Promise<void>;
  /** @throws NetlinkError EADDRNOTAVAIL (`isNotFound`), ENODEV. */
  remove(address: Pick<Address, 'linkIndex' | 'address' | 'peer'>): Promise<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const { request, ack, dump: dumpFlag, create, exclusive, replace } = messageFlag;
/** struct ifaddrmsg: u8 family, prefix length, flags, scope; u32 index. */
const headerLength = 8;

export function createAddresses(requests: Requests): Addresses {
  const writer = new MessageWriter();
  return {
    list: (filter = {}) =>
      dump(requests, () => ({
        message: encodeListAddresses(writer, filter),
        describe: () => 'listing addresses',
        decode: (type, view, start, end) => {
          const found = type === rtm.newAddress ? decodeAddress(view, start, end) : undefined;
          return found !== undefined && passes(found, filter) ? found : undefined;
        },
      })),
    add: async (address, options = {}) => {
      await requests.run({
        message: encodeAddAddress(writer, address, options.exclusive ?? true),
        until: 'ack',
        describe: () => `adding address ${say(address)}`,
      });
    },
    remove: async (address) => {
      await requests.run({
        message: encodeRemoveAddress(writer, address),
        until: 'ack',
        describe: () => `removing address ${say(address)}`,
      });
    },
  };
}

export function encodeListAddresses(
  writer: MessageWriter,
  filter: { readonly linkIndex?: number; readonly family?: Family },
): Uint8Array {
  const family = filter.family === undefined ? 0 : addressFamily[filter.family];
  writer.begin(rtm.getAddress, request | dumpFlag);
  return writer
    .u8(family)
    .u8(0)
    .u16(0)
    .u32(filter.linkIndex ?? 0)
    .finish();
}

export function encodeAddAddress(
  writer: MessageWriter,
  address: NewAddress,
  isExclusive: boolean,
): Uint8Array {
  const own = parseIpPrefix(address.address);
  const peer = address.peer === undefined ? own : parseIpPrefix(address.peer);
  const flags =
    (address.noPrefixRoute === true ? addressFlag.noPrefixRoute : 0) |
    (address.noDuplicateDetection === true ? addressFlag.noDad : 0);
  writer.begin(rtm.newAddress, request | ack | create | (isExclusive ? exclusive : replace));
  writer.u8(addressFamily[own.family]).u8(peer.prefixLength).u8(0);
  writer.u8(scopeToNumber(address.scope ?? defaultScope(own.family, own.bytes)));
  writer.u32(address.linkIndex);
  writer.attribute(ifa.local, own.bytes).attribute(ifa.address, peer.bytes);
  if (address.broadcast !== undefined) {
    writer.attribute(ifa.broadcast, parseIpAddress(address.broadcast));
  }
  if (address.label !== undefined) writer.attributeString(ifa.label, address.label);
  if (flags !== 0) writer.attributeU32(ifa.flags, flags);
  if (address.protocol !== undefined) writer.attributeU8(ifa.protocol, address.protocol);
  return writer.finish();
}

export function encodeRemoveAddress(
  writer: MessageWriter,
  address: Pick<Address, 'linkIndex' | 'address' | 'peer'>,
): Uint8Array {
  const own = parseIpPrefix(address.address);
  const peer = address.peer === undefined ? own : parseIpPrefix(address.peer);
  writer.begin(rtm.delAddress, request | ack);
  writer.u8(addressFamily[own.family]).u8(peer.prefixLength).u16(0).u32(address.linkIndex);
  return writer.attribute(ifa.local, own.bytes).attribute(ifa.address, peer.bytes).finish();
}

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
  else if (attribute.type !== ifa.cacheInfo && attribute.type !== routePriority) {
    address.unknownAttributes = [...(address.unknownAttributes ?? []), attribute.unknown()];
  }
}

const routePriority = 9; // IFA_RT_PRIORITY, the metric of the prefix route

function readFlags(address: Mutable<Address>, flags: number): void {
  if ((flags & addressFlag.permanent) !== 0) address.permanent = true;
  if ((flags & addressFlag.noPrefixRoute) !== 0) address.noPrefixRoute = true;
  if ((flags & addressFlag.noDad) !== 0) address.noDuplicateDetection = true;
  if (address.family === 'ipv4' && (flags & addressFlag.secondary) !== 0) address.secondary = true;
  if ((flags & addressFlag.tentative) !== 0) address.tentative = true;
  if ((flags & addressFlag.dadFailed) !== 0) address.duplicateFound = true;
  if ((flags & addressFlag.deprecated) !== 0) address.deprecated = true;
}

function defaultScope(family: Family, bytes: Uint8Array): Scope {
  const loopback = family === 'ipv4' ? bytes[0] === 127 : false;
  return loopback ? 'host' : 'global';
}

function passes(address: Address, filter: { linkIndex?: number; family?: Family }): boolean {
  return (
    (filter.linkIndex === undefined || filter.linkIndex === address.linkIndex) &&
    (filter.family === undefined || filter.family === address.family)
  );
}

function say(address: Pick<Address, 'linkIndex' | 'address'>): string {
  return `${address.address} on link ${String(address.linkIndex)}`;
}
