import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, addressFlag, ifa, rtm } from '../schema/rtnetlink.ts';
import { parseIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { AddressFilter, AddressKey, NewAddress } from './address.ts';
import { scopeToNumber } from './scope.ts';
import type { Scope } from './scope.ts';

const { request, ack, dump: dumpFlag, create, exclusive, replace } = messageFlag;
const forever = 0xffffffff; // INFINITY_LIFE_TIME

export function encodeListAddresses(writer: MessageWriter, filter: AddressFilter): Uint8Array {
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
  const flags = flagsOf(address);
  writer.begin(rtm.newAddress, request | ack | create | (isExclusive ? exclusive : replace));
  writer
    .u8(addressFamily[own.family])
    .u8(peer.prefixLength)
    .u8(flags < 256 ? flags : 0);
  writer.u8(scopeToNumber(address.scope ?? defaultScope(own.family, own.bytes)));
  writer.u32(address.linkIndex);
  writer.attribute(ifa.local, own.bytes).attribute(ifa.address, peer.bytes);
  if (address.broadcast !== undefined) {
    writer.attribute(ifa.broadcast, parseIpAddress(address.broadcast));
  }
  if (address.label !== undefined) writer.attributeString(ifa.label, address.label);
  if (flags > 255) writer.attributeU32(ifa.flags, flags);
  if (address.protocol !== undefined) writer.attributeU8(ifa.protocol, address.protocol);
  const { preferredSeconds, validSeconds, prefixRouteMetric } = address;
  if (prefixRouteMetric !== undefined) writer.attributeU32(ifa.routePriority, prefixRouteMetric);
  if (preferredSeconds !== undefined || validSeconds !== undefined) {
    writeLifetimes(writer, preferredSeconds ?? validSeconds ?? forever, validSeconds ?? forever);
  }
  return writer.finish();
}

/** struct ifa_cacheinfo: u32 preferred, valid (seconds), when it was made and changed. */
function writeLifetimes(writer: MessageWriter, preferred: number, valid: number): void {
  if (preferred > valid) {
    throw inputError(
      `an address cannot be preferred for ${String(preferred)} s and valid for ${String(valid)} s`,
      'Let validSeconds be as large as preferredSeconds, or leave it out.',
    );
  }
  const start = writer.start(ifa.cacheInfo);
  writer.u32(preferred).u32(valid).u32(0).u32(0).end(start);
}

function flagsOf(address: NewAddress): number {
  let flags = 0;
  if (address.noPrefixRoute === true) flags |= addressFlag.noPrefixRoute;
  if (address.noDuplicateDetection === true) flags |= addressFlag.noDad;
  if (address.optimistic === true) flags |= addressFlag.optimistic;
  if (address.homeAddress === true) flags |= addressFlag.homeAddress;
  if (address.manageTemporary === true) flags |= addressFlag.manageTemporary;
  if (address.multicastAutoJoin === true) flags |= addressFlag.multicastAutoJoin;
  return flags;
}

export function encodeRemoveAddress(writer: MessageWriter, address: AddressKey): Uint8Array {
  const own = parseIpPrefix(address.address);
  const peer = address.peer === undefined ? own : parseIpPrefix(address.peer);
  writer.begin(rtm.delAddress, request | ack);
  writer.u8(addressFamily[own.family]).u8(peer.prefixLength).u16(0).u32(address.linkIndex);
  return writer.attribute(ifa.local, own.bytes).attribute(ifa.address, peer.bytes).finish();
}

function defaultScope(family: Family, bytes: Uint8Array): Scope {
  const loopback = family === 'ipv4' ? bytes[0] === 127 : false;
  return loopback ? 'host' : 'global';
}
