import { viewOf } from './captured-frame.ts';

/** What an IP packet carries, or the piece of it that this one is. */
export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  /** IANA protocol number; 17 is UDP. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** undefined when the packet is whole. */
  readonly fragment: IpFragment | undefined;
}

export interface IpFragment {
  readonly identification: number;
  /** Bytes from the start of the whole payload. */
  readonly offset: number;
  readonly hasMore: boolean;
}

/** Hop-by-hop options, routing, destination options (RFC 8200 4.1). */
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 60]);
const fragmentHeader = 44;
const mostExtensionHeaders = 8;

/** Reads RFC 791 or RFC 8200; undefined when it is neither. A packet that the capture cut is cut. */
export function readIpPacket(bytes: Uint8Array): IpPacket | undefined {
  return (bytes[0] ?? 0) >> 4 === 6 ? readIpv6(bytes) : readIpv4(bytes);
}

function readIpv4(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 20) return undefined;
  const view = viewOf(bytes);
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  // 0: the sender leaves the length to its network card
  const totalLength = view.getUint16(2) || bytes.length;
  if (headerLength < 20 || totalLength < headerLength) return undefined;
  const flags = view.getUint16(6);
  const hasMore = (flags & 0x2000) !== 0;
  const offset = (flags & 0x1fff) * 8;
  const isWhole = !hasMore && offset === 0;
  return {
    source: bytes.subarray(12, 16).join('.'),
    destination: bytes.subarray(16, 20).join('.'),
    protocol: view.getUint8(9),
    payload: bytes.subarray(headerLength, totalLength),
    fragment: isWhole ? undefined : { identification: view.getUint16(4), offset, hasMore },
  };
}

function readIpv6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined;
  const view = viewOf(bytes);
  const end = 40 + (view.getUint16(4) || bytes.length);
  let protocol = view.getUint8(6);
  let fragment: IpFragment | undefined;
  let at = 40;
  for (let count = 0; count < mostExtensionHeaders; count += 1) {
    const isFragment = protocol === fragmentHeader;
    if (!isFragment && !extensionHeaders.has(protocol)) break;
    if (at + 8 > bytes.length) return undefined;
    if (isFragment) fragment = readFragmentHeader(view, at);
    protocol = view.getUint8(at);
    at += isFragment ? 8 : (view.getUint8(at + 1) + 1) * 8;
    // behind the header of a later piece stands no other header
    if (isFragment && fragment !== undefined && fragment.offset > 0) break;
  }
  return {
    source: ipv6Text(view, 8),
    destination: ipv6Text(view, 24),
    protocol,
    payload: bytes.subarray(at, end),
    fragment,
  };
}

/** RFC 8200 4.5; a piece that is the only one is whole (RFC 6946). */
function readFragmentHeader(view: DataView, at: number): IpFragment | undefined {
  const offsetAndFlags = view.getUint16(at + 2);
  const offset = offsetAndFlags & 0xfff8;
  const hasMore = (offsetAndFlags & 1) !== 0;
  const identification = view.getUint32(at + 4);
  return offset === 0 && !hasMore ? undefined : { identification, offset, hasMore };
}

/** RFC 5952: the longest run of two zero groups or more is left out, the first one of equals. */
function ipv6Text(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    view.getUint16(at + index * 2).toString(16),
  );
  let longest = { start: -1, length: 1 };
  let start = -1;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = -1;
    else if (start < 0) start = index;
    const length = start < 0 ? 0 : index - start + 1;
    if (length > longest.length) longest = { start, length };
  }
  if (longest.start < 0) return groups.join(':');
  const before = groups.slice(0, longest.start).join(':');
  const after = groups.slice(longest.start + longest.length).join(':');
  return `${before}::${after}`;
}
