import { messageFlag } from '../schema/netlink.ts';

// struct nlmsghdr, include/uapi/linux/netlink.h: u32 length, u16 type, u16 flags, u32 sequence,
// u32 port id, in host byte order.

/** Bytes of a message header. */
export const headerLength = 16;

/** One message within a datagram: where it lies and what its header says. */
export interface MessageHeader {
  length: number;
  type: number;
  flags: number;
  sequence: number;
  portId: number;
}

/**
 * Reads the header at `at` into `into`. False when no whole message lies between `at` and `end`.
 */
export function readHeader(
  view: DataView,
  at: number,
  end: number,
  into: MessageHeader,
  littleEndian: boolean,
): boolean {
  if (end > view.byteLength || at + headerLength > end) return false;
  into.length = view.getUint32(at, littleEndian);
  into.type = view.getUint16(at + 4, littleEndian);
  into.flags = view.getUint16(at + 6, littleEndian);
  into.sequence = view.getUint32(at + 8, littleEndian);
  into.portId = view.getUint32(at + 12, littleEndian);
  return into.length >= headerLength && at + into.length <= end;
}

/** Writes `first` and the numbers after it into messages that lie back to back. */
export function stampSequences(messages: Uint8Array, first: number, littleEndian: boolean): void {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.byteLength);
  const header: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  let at = 0;
  for (let number = first; readHeader(view, at, messages.length, header, littleEndian); number++) {
    view.setUint32(at + 8, number, littleEndian);
    at += (header.length + 3) & ~3;
  }
}

/** Writes the sequence number of the message at `at`. Byte by byte: a view for it would cost more. */
export function writeSequence(
  bytes: Uint8Array,
  at: number,
  sequence: number,
  littleEndian: boolean,
): void {
  const [first, step] = littleEndian ? [at + 8, 1] : [at + 11, -1];
  bytes[first] = sequence & 0xff;
  bytes[first + step] = (sequence >>> 8) & 0xff;
  bytes[first + 2 * step] = (sequence >>> 16) & 0xff;
  bytes[first + 3 * step] = sequence >>> 24;
}

/** Writes the type of the message at `at`. */
export function writeType(
  bytes: Uint8Array,
  at: number,
  type: number,
  littleEndian: boolean,
): void {
  bytes[at + 4] = littleEndian ? type & 0xff : type >>> 8;
  bytes[at + 5] = littleEndian ? type >>> 8 : type & 0xff;
}

/** NLM_F_ACK of the message at `at`: it shall be answered only if it is refused. */
export function clearAck(bytes: Uint8Array, at: number, littleEndian: boolean): void {
  const low = littleEndian ? at + 6 : at + 7;
  bytes[low] = (bytes[low] ?? 0) & ~messageFlag.ack;
}
