import {
  captureInvalid,
  longestFrame,
  readUpTo,
  viewOf,
  type CapturedFrame,
  type CapturedFrames,
} from './captured-frame.ts';

const headerLength = 24;
const recordHeaderLength = 16;
const microsecondMagic = 0xa1b2c3d4;
const nanosecondMagic = 0xa1b23c4d;

/** Whether the file begins as a classic one, in either byte order. */
export function isClassicPcap(bytes: Uint8Array): boolean {
  return byteOrderOf(bytes) !== undefined;
}

interface Order {
  readonly littleEndian: boolean;
  /** Units of the second time field in a millisecond. */
  readonly perMs: number;
}

function byteOrderOf(bytes: Uint8Array): Order | undefined {
  if (bytes.length < 4) return undefined;
  for (const littleEndian of [true, false]) {
    const magic = viewOf(bytes).getUint32(0, littleEndian);
    if (magic === microsecondMagic) return { littleEndian, perMs: 1e3 };
    if (magic === nanosecondMagic) return { littleEndian, perMs: 1e6 };
  }
  return undefined;
}

/**
 * The classic format (draft-ietf-opsawg-pcap). A last record that the file does not hold wholly is left out.
 *
 * @throws GatewayError CaptureInvalid
 */
export function readClassicPcap(bytes: Uint8Array): CapturedFrames {
  const order = byteOrderOf(bytes);
  if (order === undefined) throw captureInvalid(0, 'no pcap magic number stands');
  if (bytes.length < headerLength) throw captureInvalid(bytes.length, 'its header ends early');
  const { littleEndian, perMs } = order;
  const view = viewOf(bytes);
  // the upper bits of this field tell of frame check sequences
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  const frames: CapturedFrame[] = [];
  let at = headerLength;
  while (at + recordHeaderLength <= bytes.length) {
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const length = view.getUint32(at + 8, littleEndian);
    if (length > longestFrame) throw captureInvalid(at, `a packet of ${length} bytes is announced`);
    const start = at + recordHeaderLength;
    if (start + length > bytes.length) break;
    const atMs = seconds * 1000 + fraction / perMs;
    frames.push({ atMs, linkType, bytes: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return readUpTo(at, bytes, frames);
}
