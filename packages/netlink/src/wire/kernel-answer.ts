import { extendedAck, messageFlag } from '../schema/netlink.ts';
import { AttributeCursor } from './attribute-cursor.ts';
import { headerLength } from './message-header.ts';
import type { MessageHeader } from './message-header.ts';

/** The end of a request: NLMSG_ERROR (errno 0 is the ACK) or NLMSG_DONE. */
export interface KernelAnswer {
  /** Positive errno, or 0 for success. */
  errno: number;
  text?: string;
  offset?: number;
}

/** Reads NLMSG_ERROR: i32 -errno, then the request's header (and body, unless capped), then TLVs. */
export function readErrorMessage(
  view: DataView,
  at: number,
  header: MessageHeader,
  littleEndian: boolean,
): KernelAnswer {
  const end = at + header.length;
  const body = at + headerLength;
  if (body + 4 > end) return { errno: 0 };
  const answer: KernelAnswer = { errno: Math.abs(view.getInt32(body, littleEndian)) };
  const original = body + 4;
  if ((header.flags & messageFlag.ackTlvs) === 0 || original + headerLength > end) return answer;
  const echoed =
    (header.flags & messageFlag.capped) === 0 && answer.errno !== 0
      ? align(view.getUint32(original, littleEndian))
      : headerLength;
  return readExtendedAck(view, original + echoed, end, answer, littleEndian);
}

/** Reads NLMSG_DONE: i32 -errno, then TLVs. A dump that failed says so only here. */
export function readDoneMessage(
  view: DataView,
  at: number,
  header: MessageHeader,
  littleEndian: boolean,
): KernelAnswer {
  const end = at + header.length;
  const body = at + headerLength;
  if (body + 4 > end) return { errno: 0 };
  const result = view.getInt32(body, littleEndian);
  const answer: KernelAnswer = { errno: result < 0 ? -result : 0 };
  if ((header.flags & messageFlag.ackTlvs) === 0) return answer;
  return readExtendedAck(view, body + 4, end, answer, littleEndian);
}

function readExtendedAck(
  view: DataView,
  start: number,
  end: number,
  answer: KernelAnswer,
  littleEndian: boolean,
): KernelAnswer {
  const cursor = new AttributeCursor(view, start, end, littleEndian);
  while (cursor.next()) {
    if (cursor.type === extendedAck.message) answer.text = cursor.string();
    else if (cursor.type === extendedAck.offset && cursor.end - cursor.start >= 4) {
      answer.offset = cursor.u32();
    }
  }
  return answer;
}

/** Not by bit operators, which would make a large u32 negative. */
function align(length: number): number {
  return Math.ceil(length / 4) * 4;
}
