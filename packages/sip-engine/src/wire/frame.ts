/** What came out of the bytes so far: whole frames, and the beginning of the next one. */
export type FrameReading =
  | { readonly kind: 'frames'; readonly frames: readonly Uint8Array[]; readonly rest: Uint8Array }
  | { readonly kind: 'broken'; readonly reason: string };

/** The longest payload that drachtio-server takes from an application: five digits of length. */
export const frameLimitBytes = 99_999;

const hash = 0x23;
const zero = 0x30;
const nine = 0x39;

/**
 * Cuts a stream into frames of drachtio's application protocol: decimal byte length, "#", payload.
 * @param bytes what was left over last time, followed by what has come since
 * @param limit the longest payload taken, in bytes; its digits bound the length field as well
 * @param most frames that are cut off at once; what follows them is not looked at
 */
export function readFrames(
  bytes: Uint8Array,
  limit: number = frameLimitBytes,
  most: number = Infinity,
): FrameReading {
  const frames: Uint8Array[] = [];
  let offset = 0;
  for (;;) {
    if (frames.length === most) return { kind: 'frames', frames, rest: bytes.subarray(offset) };
    const head = readLength(bytes, offset, limit);
    if (head.kind === 'broken') return head;
    if (head.kind === 'incomplete' || head.start + head.length > bytes.length) {
      return { kind: 'frames', frames, rest: bytes.subarray(offset) };
    }
    offset = head.start + head.length;
    frames.push(bytes.subarray(head.start, offset));
  }
}

const nothing = new Uint8Array(0);

/** One frame around this payload (text or bytes). */
export function writeFrame(payload: Uint8Array | string): Buffer {
  return typeof payload === 'string' ? frameOf(payload, nothing) : frameOf('', payload);
}

/** One frame around a text and the bytes after it. */
export function frameOf(text: string, bytes: Uint8Array): Buffer {
  const textBytes = Buffer.byteLength(text, 'utf8');
  const length = `${textBytes + bytes.length}#`;
  const frame = Buffer.allocUnsafe(length.length + textBytes + bytes.length);
  frame.set(bytes, frame.write(length + text, 'utf8'));
  return frame;
}

/**
 * The payload, when this text is one whole frame of ASCII characters, as drachtio-srf writes almost each of its own;
 * undefined for anything else, which has to be read as bytes.
 */
export function readTextFrame(text: string, limit: number = frameLimitBytes): string | undefined {
  let length = 0;
  let at = 0;
  for (; at < text.length && length <= limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === hash) break;
    if (code < zero || code > nine) return undefined;
    length = length * 10 + (code - zero);
  }
  const isWhole = length > 0 && length <= limit && text.length === at + 1 + length;
  return isWhole && Buffer.byteLength(text, 'utf8') === text.length
    ? text.slice(at + 1)
    : undefined;
}

type LengthReading =
  | { readonly kind: 'length'; readonly length: number; readonly start: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'broken'; readonly reason: string };

function readLength(bytes: Uint8Array, offset: number, limit: number): LengthReading {
  let length = 0;
  const mostDigits = String(limit).length;
  for (let at = offset; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === hash) {
      if (at === offset || length === 0) return broken('a frame has no length before "#"');
      return length > limit
        ? broken(`a frame of ${length} bytes is longer than ${limit}`)
        : { kind: 'length', length, start: at + 1 };
    }
    if (byte < zero || byte > nine) return broken('the length of a frame holds no digit');
    if (at - offset >= mostDigits) {
      return broken(`the length of a frame has more than ${mostDigits} digits`);
    }
    length = length * 10 + (byte - zero);
  }
  return { kind: 'incomplete' };
}

function broken(reason: string): { readonly kind: 'broken'; readonly reason: string } {
  return { kind: 'broken', reason };
}
