import {
  captureInvalid,
  longestFrame,
  readUpTo,
  viewOf,
  type CapturedFrame,
  type CapturedFrames,
} from './captured-frame.ts';

const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceBlock = 1;
const simplePacketBlock = 3;
const enhancedPacketBlock = 6;
const byteOrderMagic = 0x1a2b3c4d;
/** Block type, total length, and total length again at the end. */
const blockOverhead = 12;
const timeResolutionOption = 9;
const timeOffsetOption = 14;

/** What packets of an interface are read with. */
interface CaptureInterface {
  readonly linkType: number;
  /** Time stamp units in a second. */
  readonly perSecond: bigint;
  readonly offsetSeconds: number;
  readonly snapLength: number;
}

interface Section {
  readonly littleEndian: boolean;
  readonly interfaces: CaptureInterface[];
}

interface Block {
  readonly type: number;
  /** Where it begins in the file. */
  readonly at: number;
  readonly body: Uint8Array;
}

export function isPcapng(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0) === sectionHeaderBlock;
}

/**
 * pcapng (draft-ietf-opsawg-pcapng): all sections, enhanced and simple packet blocks; other blocks are passed over. A last
 * block that the file does not hold wholly is left out.
 *
 * @throws GatewayError CaptureInvalid
 */
export function readPcapng(bytes: Uint8Array): CapturedFrames {
  const frames: CapturedFrame[] = [];
  let section: Section | undefined;
  let at = 0;
  while (at + blockOverhead <= bytes.length) {
    if (viewOf(bytes).getUint32(at) === sectionHeaderBlock) section = newSection(bytes, at);
    if (section === undefined) throw captureInvalid(at, 'no section header stands');
    const block = readBlock(bytes, at, section);
    if (block === undefined) break;
    const frame = takeBlock(section, block);
    if (frame !== undefined) frames.push(frame);
    at += block.body.length + blockOverhead;
  }
  return readUpTo(at, bytes, frames);
}

function newSection(bytes: Uint8Array, at: number): Section {
  const magic = viewOf(bytes).getUint32(at + 8, true);
  if (magic === byteOrderMagic) return { littleEndian: true, interfaces: [] };
  if (viewOf(bytes).getUint32(at + 8) === byteOrderMagic) {
    return { littleEndian: false, interfaces: [] };
  }
  throw captureInvalid(at + 8, 'no byte-order magic stands');
}

function readBlock(bytes: Uint8Array, at: number, { littleEndian }: Section): Block | undefined {
  const view = viewOf(bytes);
  const type = view.getUint32(at, littleEndian);
  const length = view.getUint32(at + 4, littleEndian);
  if (length < blockOverhead || length % 4 !== 0) {
    throw captureInvalid(at + 4, `a block of ${length} bytes is announced`);
  }
  if (at + length > bytes.length) return undefined;
  return { type, at, body: bytes.subarray(at + 8, at + length - 4) };
}

function takeBlock(section: Section, block: Block): CapturedFrame | undefined {
  switch (block.type) {
    case interfaceBlock:
      section.interfaces.push(readInterface(section, block));
      return undefined;
    case enhancedPacketBlock:
      return readEnhanced(section, block);
    case simplePacketBlock:
      return readSimple(section, block);
    default:
      return undefined;
  }
}

function readInterface({ littleEndian }: Section, { at, body }: Block): CaptureInterface {
  if (body.length < 8) throw captureInvalid(at, 'an interface block ends early');
  const view = viewOf(body);
  const linkType = view.getUint16(0, littleEndian);
  const snapLength = view.getUint32(4, littleEndian);
  let perSecond = 1_000_000n;
  let offsetSeconds = 0;
  for (const { code, value } of optionsOf(body.subarray(8), littleEndian)) {
    const [resolution] = value;
    if (code === timeResolutionOption && resolution !== undefined) {
      perSecond =
        (resolution & 0x80) === 0 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 0x7f);
    }
    if (code === timeOffsetOption && value.length === 8) {
      offsetSeconds = Number(viewOf(value).getBigInt64(0, littleEndian));
    }
  }
  return { linkType, perSecond, offsetSeconds, snapLength };
}

interface BlockOption {
  readonly code: number;
  readonly value: Uint8Array;
}

function optionsOf(bytes: Uint8Array, littleEndian: boolean): readonly BlockOption[] {
  const options: BlockOption[] = [];
  const view = viewOf(bytes);
  let at = 0;
  while (at + 4 <= bytes.length) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === 0 || at + 4 + length > bytes.length) break;
    options.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return options;
}

function readEnhanced({ littleEndian, interfaces }: Section, { at, body }: Block): CapturedFrame {
  if (body.length < 20) throw captureInvalid(at, 'a packet block ends early');
  const view = viewOf(body);
  const from = interfaces[view.getUint32(0, littleEndian)];
  if (from === undefined) throw captureInvalid(at, 'a packet names an interface that is not told');
  const upper = BigInt(view.getUint32(4, littleEndian));
  const units = (upper << 32n) | BigInt(view.getUint32(8, littleEndian));
  const length = view.getUint32(12, littleEndian);
  if (length > longestFrame || 20 + length > body.length) {
    throw captureInvalid(at, `a packet of ${length} bytes is announced`);
  }
  const seconds = Number(units / from.perSecond) + from.offsetSeconds;
  const atMs = seconds * 1000 + (Number(units % from.perSecond) / Number(from.perSecond)) * 1000;
  return { atMs, linkType: from.linkType, bytes: body.subarray(20, 20 + length) };
}

/** It has no time and no interface: the first one's. */
function readSimple({ littleEndian, interfaces }: Section, { at, body }: Block): CapturedFrame {
  const [from] = interfaces;
  if (from === undefined || body.length < 4)
    throw captureInvalid(at, 'a simple packet block stands alone');
  const original = viewOf(body).getUint32(0, littleEndian);
  const limit = from.snapLength === 0 ? longestFrame : from.snapLength;
  const length = Math.min(original, limit, body.length - 4);
  return { atMs: 0, linkType: from.linkType, bytes: body.subarray(4, 4 + length) };
}
