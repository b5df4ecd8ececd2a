import { namesOf, flagNames } from '../schema/name-table.ts';
import {
  conntrackStatus,
  cta,
  ctaCounters,
  ctaIp,
  ctaProtocol,
  ctaProtocolInfo,
  ctaTimestamp,
  ctaTuple,
  tcpConntrackState,
} from '../schema/conntrack.ts';
import { familyFromNumber } from '../rtnetlink/family.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import type { Flow, FlowCounters, FlowTuple } from './flow.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** struct nfgenmsg */
const headerLength = 4;
const tcpStates = namesOf(tcpConntrackState);

interface Parts {
  original?: FlowTuple;
  reply?: FlowTuple;
  sent?: FlowCounters;
  answered?: FlowCounters;
  readonly rest: Partial<Mutable<Flow>>;
  readonly unknown: UnknownAttribute[];
}

/** Reads an IPCTNL_MSG_CT_NEW or _DELETE; undefined for other families than IPv4 and IPv6, and without both tuples. */
export function decodeFlow(view: DataView, start: number, end: number): Flow | undefined {
  const family = start + headerLength <= end ? familyFromNumber(view.getUint8(start)) : undefined;
  if (family === undefined) return undefined;
  const parts: Parts = { rest: {}, unknown: [] };
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) {
    if (!readTuples(parts, attribute) && !readNumber(parts.rest, attribute)) {
      parts.unknown.push(attribute.unknown());
    }
  }
  const { original, reply, sent, answered, rest, unknown } = parts;
  if (original === undefined || reply === undefined) return undefined;
  const flow: Mutable<Flow> = { family, original, reply, status: [], id: 0, ...rest };
  if (sent !== undefined && answered !== undefined) {
    flow.counters = { original: sent, reply: answered };
  }
  if (unknown.length > 0) flow.unknownAttributes = unknown;
  return flow;
}

function readTuples(parts: Parts, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case cta.tupleOriginal:
      parts.original = readTuple(attribute.nested());
      return true;
    case cta.tupleReply:
      parts.reply = readTuple(attribute.nested());
      return true;
    case cta.countersOriginal:
      parts.sent = readCounters(attribute.nested());
      return true;
    case cta.countersReply:
      parts.answered = readCounters(attribute.nested());
      return true;
    default:
      return false;
  }
}

function readNumber(flow: Partial<Mutable<Flow>>, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case cta.status:
      flow.status = flagNames(conntrackStatus, attribute.big32());
      return true;
    case cta.timeout:
      flow.timeoutSeconds = attribute.big32();
      return true;
    case cta.mark:
      flow.mark = attribute.big32();
      return true;
    case cta.zone:
      flow.zone = attribute.big16();
      return true;
    case cta.id:
      flow.id = attribute.big32();
      return true;
    case cta.protocolInfo:
      readProtocolInfo(flow, attribute.nested());
      return true;
    case cta.timestamp:
      readTimestamp(flow, attribute.nested());
      return true;
    case cta.use:
      return true;
    default:
      return false;
  }
}

function readTuple(attribute: AttributeCursor): FlowTuple {
  const tuple: Mutable<FlowTuple> = { source: '', destination: '', protocol: 0 };
  while (attribute.next()) {
    if (attribute.type === ctaTuple.ip) readAddresses(tuple, attribute.nested());
    else if (attribute.type === ctaTuple.protocol) readProtocol(tuple, attribute.nested());
  }
  return tuple;
}

function readAddresses(tuple: Mutable<FlowTuple>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    const { type } = attribute;
    if (type === ctaIp.v4Source || type === ctaIp.v6Source) {
      tuple.source = formatIpAddress(attribute.peek());
    } else if (type === ctaIp.v4Destination || type === ctaIp.v6Destination) {
      tuple.destination = formatIpAddress(attribute.peek());
    }
  }
}

function readProtocol(tuple: Mutable<FlowTuple>, attribute: AttributeCursor): void {
  const icmp: { id?: number; type?: number; code?: number } = {};
  while (attribute.next()) {
    switch (attribute.type) {
      case ctaProtocol.number:
        tuple.protocol = attribute.u8();
        break;
      case ctaProtocol.sourcePort:
        tuple.sourcePort = attribute.big16();
        break;
      case ctaProtocol.destinationPort:
        tuple.destinationPort = attribute.big16();
        break;
      case ctaProtocol.icmpId:
      case ctaProtocol.icmpv6Id:
        icmp.id = attribute.big16();
        break;
      case ctaProtocol.icmpType:
      case ctaProtocol.icmpv6Type:
        icmp.type = attribute.u8();
        break;
      case ctaProtocol.icmpCode:
      case ctaProtocol.icmpv6Code:
        icmp.code = attribute.u8();
        break;
      default:
    }
  }
  const { id, type, code } = icmp;
  if (id !== undefined && type !== undefined && code !== undefined) tuple.icmp = { id, type, code };
}

function readCounters(attribute: AttributeCursor): FlowCounters {
  let [packets, bytes] = [0, 0];
  while (attribute.next()) {
    if (attribute.type === ctaCounters.packets) packets = attribute.big64();
    else if (attribute.type === ctaCounters.bytes) bytes = attribute.big64();
  }
  return { packets, bytes };
}

function readProtocolInfo(flow: Partial<Mutable<Flow>>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    if (attribute.type !== ctaProtocolInfo.tcp) continue;
    const tcp = attribute.nested();
    while (tcp.next()) {
      const state = tcp.type === ctaProtocolInfo.tcpState ? tcpStates.get(tcp.u8()) : undefined;
      if (state !== undefined) flow.tcpState = state;
    }
  }
}

function readTimestamp(flow: Partial<Mutable<Flow>>, attribute: AttributeCursor): void {
  while (attribute.next()) {
    if (attribute.type === ctaTimestamp.start) flow.startedAtNs = attribute.big64();
  }
}
