import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { namesOf } from '../schema/name-table.ts';
import { addressFamily } from '../schema/rtnetlink.ts';
import {
  diagAttribute,
  diagBytecode,
  diagRequest,
  sockDiag,
  socketMemory,
  socketProtocol,
  socketState,
} from '../schema/sock-diag.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { big16 } from '../wire/big16.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress, parseIpAddress, parseIpPrefix } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { Socket, SocketFilter, SocketId, SocketProtocol } from './socket.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const { request, ack, dump } = messageFlag;
const states = namesOf(socketState);
const allStates = 0xffffffff;
/** Bits of idiag_ext: attribute n is asked for by bit n - 1. */
const extensions = 1 << (diagAttribute.socketMemory - 1);
/** struct inet_diag_msg: 4 x u8, struct inet_diag_sockid (48), 5 x u32. */
const messageLength = 72;
const idAt = 4;
const idLength = 48;

export function encodeListSockets(
  writer: MessageWriter,
  family: Family,
  filter: SocketFilter,
): Uint8Array {
  writer.begin(sockDiag.byFamily, request | dump);
  writeRequest(writer, { family, protocol: filter.protocol, states: statesOf(filter) });
  // the kernel compares ports by itself; the rest of the identity does not count in a list
  writer.bytes(big16(filter.localPort ?? 0, 'port')).bytes(big16(filter.remotePort ?? 0, 'port'));
  writer.bytes(new Uint8Array(idLength - 4));
  const conditions = bytecode(filter, family);
  if (conditions.length > 0) writer.attribute(diagRequest.bytecode, conditions);
  return writer.finish();
}

/** Needs CAP_NET_ADMIN and a kernel with INET_DIAG_DESTROY. */
export function encodeDestroySocket(writer: MessageWriter, id: SocketId): Uint8Array {
  writer.begin(sockDiag.destroy, request | ack);
  writeRequest(writer, { family: id.family, protocol: id.protocol, states: allStates });
  writer.bytes(big16(id.localPort, 'port')).bytes(big16(id.remotePort, 'port'));
  writer.bytes(padded(parseIpAddress(id.localAddress)));
  writer.bytes(padded(parseIpAddress(id.remoteAddress)));
  writer.u32(id.linkIndex);
  const { low, high } = cookieParts(id.cookie);
  return writer.u32(low).u32(high).finish();
}

interface RequestHead {
  readonly family: Family;
  readonly protocol: SocketProtocol;
  readonly states: number;
}

/** struct inet_diag_req_v2 up to its identity: u8 family, protocol, ext, pad; u32 states. */
function writeRequest(writer: MessageWriter, head: RequestHead): void {
  writer.u8(addressFamily[head.family]).u8(socketProtocol[head.protocol]);
  writer.u8(extensions).u8(0).u32(head.states);
}

function statesOf({ states: wanted }: SocketFilter): number {
  return wanted === undefined
    ? allStates
    : wanted.reduce((bits, state) => bits | (1 << socketState[state]), 0);
}

/**
 * The kernel's filter program: each operation says how far to go on when it holds, and how far when it does not (beyond the end: no
 * match). struct inet_diag_bc_op: u8 code, u8 yes, u16 no; struct inet_diag_hostcond: u8 family, u8 prefix length, pad, i32 port
 * (-1: any), address.
 */
function bytecode({ local, remote }: SocketFilter, family: Family): Uint8Array {
  const conditions = [
    { code: diagBytecode.sourceCondition, prefix: local },
    { code: diagBytecode.destinationCondition, prefix: remote },
  ].flatMap(({ code, prefix }) => (prefix === undefined ? [] : [condition(code, prefix, family)]));
  const length = conditions.reduce((sum, bytes) => sum + bytes.length, 0);
  const program = new Uint8Array(length);
  let at = 0;
  for (const bytes of conditions) {
    program.set(bytes, at);
    // "no" leads 4 bytes beyond the end of the whole program
    new DataView(program.buffer).setUint16(at + 2, length - at + 4, hostIsLittleEndian);
    at += bytes.length;
  }
  return program;
}

function condition(code: number, prefix: string, family: Family): Uint8Array {
  const parsed = parseIpPrefix(prefix);
  if (parsed.family !== family) throw otherFamily(prefix, family);
  const bytes = new Uint8Array(4 + 8 + parsed.bytes.length);
  const view = new DataView(bytes.buffer);
  bytes.set([code, bytes.length], 0);
  bytes.set([addressFamily[family], parsed.prefixLength], 4);
  view.setInt32(8, -1, hostIsLittleEndian);
  bytes.set(parsed.bytes, 12);
  return bytes;
}

function otherFamily(prefix: string, family: Family): Error {
  return inputError(
    `sockets of ${family} were to be listed by the address ${prefix}`,
    'Give addresses of one family, and leave the family out: it follows from them.',
  );
}

/** Reads one answer to `encodeListSockets`; undefined when it is too short or of another family. */
export function decodeSocket(
  view: DataView,
  start: number,
  end: number,
  protocol: SocketProtocol,
): Socket | undefined {
  if (start + messageLength > end) return undefined;
  const family = familyOf(view.getUint8(start));
  if (family === undefined) return undefined;
  const state = view.getUint8(start + 1);
  const u32 = (offset: number): number => view.getUint32(start + offset, hostIsLittleEndian);
  const id = start + idAt;
  const socket: Mutable<Socket> = {
    protocol,
    family,
    localAddress: addressAt(view, id + 4, family),
    localPort: view.getUint16(id),
    remoteAddress: addressAt(view, id + 20, family),
    remotePort: view.getUint16(id + 2),
    linkIndex: u32(idAt + 36),
    cookie: hex(u32(idAt + 44)) + hex(u32(idAt + 40)),
    state: states.get(state) ?? state,
    receiveQueue: u32(56),
    sendQueue: u32(60),
    uid: u32(64),
    inode: u32(68),
  };
  const attribute = new AttributeCursor(view, start + messageLength, end);
  while (attribute.next()) readAttribute(socket, attribute);
  return socket;
}

function readAttribute(socket: Mutable<Socket>, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case diagAttribute.socketMemory:
      socket.receiveBuffer = memory(attribute, socketMemory.receiveBuffer);
      socket.sendBuffer = memory(attribute, socketMemory.sendBuffer);
      socket.drops = memory(attribute, socketMemory.drops);
      break;
    case diagAttribute.ipv6Only:
      if (attribute.u8() !== 0) socket.ipv6Only = true;
      break;
    case diagAttribute.mark:
      socket.mark = attribute.u32();
      break;
    case diagAttribute.shutdown:
    case diagAttribute.typeOfService:
    case diagAttribute.trafficClass:
    case diagAttribute.cgroupId:
    case diagAttribute.socketOptions:
      break;
    default:
      socket.unknownAttributes = [...(socket.unknownAttributes ?? []), attribute.unknown()];
  }
}

function memory({ view, start, end }: AttributeCursor, index: number): number {
  const at = start + 4 * index;
  return at + 4 <= end ? view.getUint32(at, hostIsLittleEndian) : 0;
}

function familyOf(value: number): Family | undefined {
  if (value === addressFamily.ipv4) return 'ipv4';
  return value === addressFamily.ipv6 ? 'ipv6' : undefined;
}

function addressAt(view: DataView, at: number, family: Family): string {
  const length = family === 'ipv4' ? 4 : 16;
  return formatIpAddress(new Uint8Array(view.buffer, view.byteOffset + at, length));
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function cookieParts(cookie: string): { readonly low: number; readonly high: number } {
  if (!/^[\da-f]{16}$/.test(cookie)) {
    throw inputError(`"${cookie}" is no cookie of a socket`, 'Give the cookie that a list told.');
  }
  return {
    high: Number.parseInt(cookie.slice(0, 8), 16),
    low: Number.parseInt(cookie.slice(8), 16),
  };
}

function padded(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(address);
  return bytes;
}
