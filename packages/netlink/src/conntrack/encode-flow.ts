import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily } from '../schema/rtnetlink.ts';
import {
  conntrackMessage,
  conntrackStatus,
  cta,
  ctaIp,
  ctaProtocol,
  ctaProtocolInfo,
  ctaTuple,
  tcpConntrackState,
} from '../schema/conntrack.ts';
import { big16 } from '../wire/big16.ts';
import { parseIpAddress } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { FlowChange, FlowFilter, FlowKey, FlowTuple, NewFlow } from './flow.ts';

const { request, ack, dump, create, exclusive } = messageFlag;
const tcp = 6;
const icmpv6 = 58;

/** `reset` sets the counters of what is listed to 0. */
export function encodeListFlows(
  writer: MessageWriter,
  filter: FlowFilter,
  reset: boolean,
): Uint8Array {
  const type = reset ? conntrackMessage.getCountersReset : conntrackMessage.get;
  begin(writer, type, request | dump, filter.family);
  const { mark, markMask, status } = filter;
  if (mark !== undefined) {
    writer.attributeBig32(cta.mark, mark).attributeBig32(cta.markMask, markMask ?? 0xffffffff);
  }
  if (status !== undefined) {
    const bits = status.reduce((all, name) => all | conntrackStatus[name], 0);
    writer.attributeBig32(cta.status, bits).attributeBig32(cta.statusMask, bits);
  }
  return writer.finish();
}

export function encodeGetFlow(writer: MessageWriter, key: FlowKey): Uint8Array {
  begin(writer, conntrackMessage.get, request, familyOf(key.original));
  return writeKey(writer, key).finish();
}

export function encodeDeleteFlow(writer: MessageWriter, key: FlowKey): Uint8Array {
  begin(writer, conntrackMessage.delete, request | ack, familyOf(key.original));
  return writeKey(writer, key).finish();
}

export function encodeAddFlow(writer: MessageWriter, flow: NewFlow): Uint8Array {
  const { original, reply = mirrored(original), zone, mark, timeoutSeconds, tcpState } = flow;
  if (original.protocol === tcp && tcpState === undefined) {
    throw inputError(
      `a TCP flow from ${original.source} to ${original.destination} was to be added without a state`,
      'Give tcpState, such as "established".',
    );
  }
  begin(writer, conntrackMessage.new, request | ack | create | exclusive, familyOf(original));
  writeTuple(writer, cta.tupleOriginal, original);
  writeTuple(writer, cta.tupleReply, reply);
  if (zone !== undefined) writer.attribute(cta.zone, big16(zone, 'zone'));
  writer.attributeBig32(cta.timeout, timeoutSeconds);
  if (mark !== undefined) writer.attributeBig32(cta.mark, mark);
  // the kernel wants what it makes confirmed; it is
  writer.attributeBig32(cta.status, statusBits(flow.status ?? []) | conntrackStatus.confirmed);
  if (tcpState !== undefined) writeTcpState(writer, tcpConntrackState[tcpState]);
  return writer.finish();
}

export function encodeUpdateFlow(
  writer: MessageWriter,
  key: FlowKey,
  change: FlowChange,
): Uint8Array {
  begin(writer, conntrackMessage.new, request | ack, familyOf(key.original));
  writeKey(writer, key);
  const { timeoutSeconds, mark, status } = change;
  if (timeoutSeconds !== undefined) writer.attributeBig32(cta.timeout, timeoutSeconds);
  if (mark !== undefined) writer.attributeBig32(cta.mark, mark);
  if (status !== undefined) {
    // bits can be set, not unset; those that a flow keeps have to be given, too
    writer.attributeBig32(cta.status, statusBits(status) | conntrackStatus.confirmed);
  }
  return writer.finish();
}

/** Every flow of a family, or (without one) of all. */
export function encodeFlushFlows(writer: MessageWriter, family?: Family): Uint8Array {
  return begin(writer, conntrackMessage.delete, request | ack, family).finish();
}

/** The tuple that answers have when nothing is translated. */
export function mirrored(tuple: FlowTuple): FlowTuple {
  const { source, destination, protocol, sourcePort, destinationPort, icmp } = tuple;
  return {
    source: destination,
    destination: source,
    protocol,
    ...(destinationPort === undefined ? {} : { sourcePort: destinationPort }),
    ...(sourcePort === undefined ? {} : { destinationPort: sourcePort }),
    ...(icmp === undefined ? {} : { icmp: { ...icmp, type: answerType(icmp.type) } }),
  };
}

/** Echo and its answer (RFC 792, RFC 4443); other pairs have to be given. */
function answerType(type: number): number {
  if (type === 8) return 0;
  return type === 128 ? 129 : type;
}

/** struct nlmsghdr and struct nfgenmsg: u8 family, version, u16 resource id. */
function begin(
  writer: MessageWriter,
  type: number,
  flags: number,
  family: Family | undefined,
): MessageWriter {
  return writer
    .begin(type, flags)
    .u8(family === undefined ? 0 : addressFamily[family])
    .u8(0)
    .u16(0);
}

function writeKey(writer: MessageWriter, { original, zone, id }: FlowKey): MessageWriter {
  writeTuple(writer, cta.tupleOriginal, original);
  if (zone !== undefined) writer.attribute(cta.zone, big16(zone, 'zone'));
  if (id !== undefined) writer.attributeBig32(cta.id, id);
  return writer;
}

function writeTuple(writer: MessageWriter, type: number, tuple: FlowTuple): void {
  const [source, destination] = [parseIpAddress(tuple.source), parseIpAddress(tuple.destination)];
  const isIpv4 = source.length === 4;
  if (source.length !== destination.length) throw mixed(tuple);
  const start = writer.startNested(type);
  const ip = writer.startNested(ctaTuple.ip);
  writer.attribute(isIpv4 ? ctaIp.v4Source : ctaIp.v6Source, source);
  writer.attribute(isIpv4 ? ctaIp.v4Destination : ctaIp.v6Destination, destination);
  writer.end(ip);
  const protocol = writer.startNested(ctaTuple.protocol);
  writer.attributeU8(ctaProtocol.number, tuple.protocol);
  writePorts(writer, tuple);
  writer.end(protocol).end(start);
}

function writePorts(writer: MessageWriter, tuple: FlowTuple): void {
  const { sourcePort, destinationPort, icmp } = tuple;
  if (sourcePort !== undefined) writer.attribute(ctaProtocol.sourcePort, big16(sourcePort, 'port'));
  if (destinationPort !== undefined) {
    writer.attribute(ctaProtocol.destinationPort, big16(destinationPort, 'port'));
  }
  if (icmp === undefined) return;
  const isV6 = tuple.protocol === icmpv6;
  writer.attribute(
    isV6 ? ctaProtocol.icmpv6Id : ctaProtocol.icmpId,
    big16(icmp.id, 'identifier of an echo'),
  );
  writer.attributeU8(isV6 ? ctaProtocol.icmpv6Type : ctaProtocol.icmpType, icmp.type);
  writer.attributeU8(isV6 ? ctaProtocol.icmpv6Code : ctaProtocol.icmpCode, icmp.code);
}

function writeTcpState(writer: MessageWriter, state: number): void {
  const info = writer.startNested(cta.protocolInfo);
  const inner = writer.startNested(ctaProtocolInfo.tcp);
  writer.attributeU8(ctaProtocolInfo.tcpState, state).end(inner).end(info);
}

function statusBits(names: NonNullable<FlowChange['status']>): number {
  return names.reduce((all, name) => all | conntrackStatus[name], 0);
}

function familyOf({ source }: FlowTuple): Family {
  return parseIpAddress(source).length === 4 ? 'ipv4' : 'ipv6';
}

function mixed({ source, destination }: FlowTuple): Error {
  return inputError(
    `a flow from ${source} to ${destination} is of no family`,
    'Give two addresses of one family.',
  );
}
