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

/** Writes the sequence number into a message that a writer finished. */
export function stampSequence(message: Uint8Array, sequence: number, littleEndian: boolean): void {
  new DataView(message.buffer, message.byteOffset, message.byteLength).setUint32(
    8,
    sequence,
    littleEndian,
  );
}
