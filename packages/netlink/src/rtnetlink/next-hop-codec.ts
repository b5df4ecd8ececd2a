import { inputError } from '../errors.ts';
import { flagNames } from '../schema/name-table.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, nextHopFlag, nha, rtm } from '../schema/rtnetlink.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress, parseIpAddress } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { familyFromNumber } from './family.ts';
import type { NewNextHop, NextHopMember, NextHopObject, NextHopTarget } from './next-hop.ts';
import { scopeFromNumber } from './scope.ts';

const { request, ack, dump, create, exclusive, replace } = messageFlag;
/** struct nhmsg: u8 family, scope, protocol, pad; u32 flags. */
const headerLength = 8;
/** struct nexthop_grp: u32 id; u8 weight - 1, u8 its high byte; u16 pad. */
const memberLength = 8;
const protocolStatic = 4;

export function encodeListNextHops(writer: MessageWriter): Uint8Array {
  return writer
    .begin(rtm.getNextHop, request | dump)
    .u32(0)
    .u32(0)
    .finish();
}

export function encodeAddNextHop(
  writer: MessageWriter,
  nextHop: NewNextHop,
  how: 'exclusive' | 'replace',
): Uint8Array {
  const { id, target } = nextHop;
  const flags = request | ack | create | (how === 'replace' ? replace : exclusive);
  writer.begin(rtm.newNextHop, flags);
  const family = familyOf(nextHop);
  writer.u8(family === undefined ? 0 : addressFamily[family]).u8(0);
  writer.u8(nextHop.protocol ?? protocolStatic).u8(0);
  const isOnlink = target.kind === 'gateway' && target.onlink === true;
  writer.u32(isOnlink ? nextHopFlag.onlink : 0).attributeU32(nha.id, id);
  writeTarget(writer, target);
  return writer.finish();
}

export function encodeRemoveNextHop(writer: MessageWriter, id: number): Uint8Array {
  writer
    .begin(rtm.delNextHop, request | ack)
    .u32(0)
    .u32(0);
  return writer.attributeU32(nha.id, id).finish();
}

function writeTarget(writer: MessageWriter, target: NextHopTarget): void {
  switch (target.kind) {
    case 'gateway':
      writer.attribute(nha.gateway, parseIpAddress(target.gateway));
      writer.attributeU32(nha.outputLink, target.linkIndex);
      break;
    case 'link':
      writer.attributeU32(nha.outputLink, target.linkIndex);
      break;
    case 'blackhole':
      writer.attribute(nha.blackhole, new Uint8Array(0));
      break;
    case 'group': {
      const start = writer.start(nha.group);
      for (const { id, weight } of target.members) {
        const less = checkedWeight(weight) - 1;
        writer
          .u32(id)
          .u8(less & 0xff)
          .u8(less >> 8)
          .u16(0);
      }
      writer.end(start);
      break;
    }
    default:
      target satisfies never;
  }
}

function checkedWeight(weight: number): number {
  if (Number.isInteger(weight) && weight >= 1 && weight <= 65_536) return weight;
  throw inputError(`${String(weight)} is no weight of a next hop`, 'Use 1 to 65536.');
}

function familyOf({ family, target }: NewNextHop): Family | undefined {
  if (target.kind === 'group') return undefined;
  if (target.kind !== 'gateway') return family ?? 'ipv4';
  return parseIpAddress(target.gateway).length === 4 ? 'ipv4' : 'ipv6';
}

interface Parts {
  id: number;
  gateway?: string;
  linkIndex?: number;
  isBlackhole: boolean;
  members?: readonly NextHopMember[];
  readonly unknown: UnknownAttribute[];
}

/** Reads an RTM_NEWNEXTHOP or RTM_DELNEXTHOP; undefined when it is too short or leads nowhere we know. */
export function decodeNextHop(
  view: DataView,
  start: number,
  end: number,
): NextHopObject | undefined {
  if (start + headerLength > end) return undefined;
  const flags = view.getUint32(start + 4, hostIsLittleEndian);
  const parts: Parts = { id: 0, isBlackhole: false, unknown: [] };
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) readAttribute(parts, attribute);
  const target = targetOf(parts, (flags & nextHopFlag.onlink) !== 0);
  if (target === undefined) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  return {
    id: parts.id,
    ...(family === undefined ? undefined : { family }),
    target,
    protocol: view.getUint8(start + 2),
    scope: scopeFromNumber(view.getUint8(start + 1)),
    flags: flagNames(nextHopFlag, flags),
    ...(parts.unknown.length === 0 ? undefined : { unknownAttributes: parts.unknown }),
  };
}

function readAttribute(parts: Parts, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case nha.id:
      parts.id = attribute.u32();
      break;
    case nha.gateway:
      parts.gateway = formatIpAddress(attribute.peek());
      break;
    case nha.outputLink:
      parts.linkIndex = attribute.u32();
      break;
    case nha.blackhole:
      parts.isBlackhole = true;
      break;
    case nha.group:
      parts.members = readMembers(attribute);
      break;
    case nha.groupType:
      break;
    default:
      parts.unknown.push(attribute.unknown());
  }
}

function targetOf(parts: Parts, isOnlink: boolean): NextHopTarget | undefined {
  const { gateway, linkIndex, members, isBlackhole } = parts;
  if (members !== undefined) return { kind: 'group', members };
  if (isBlackhole) return { kind: 'blackhole' };
  if (linkIndex === undefined) return undefined;
  if (gateway === undefined) return { kind: 'link', linkIndex };
  return isOnlink
    ? { kind: 'gateway', gateway, linkIndex, onlink: true }
    : { kind: 'gateway', gateway, linkIndex };
}

function readMembers({ view, start, end }: AttributeCursor): readonly NextHopMember[] {
  const members: NextHopMember[] = [];
  for (let at = start; at + memberLength <= end; at += memberLength) {
    const id = view.getUint32(at, hostIsLittleEndian);
    members.push({ id, weight: view.getUint8(at + 4) + (view.getUint8(at + 5) << 8) + 1 });
  }
  return members;
}
