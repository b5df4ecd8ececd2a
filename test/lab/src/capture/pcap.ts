/**
 * The classic pcap file format (draft-ietf-opsawg-pcap), little endian, nanosecond time stamps,
 * LINKTYPE_ETHERNET: what tshark and tcpdump read.
 */
const nanosecondMagic = 0xa1b23c4d;
const linkTypeEthernet = 1;

/** Longest packet a record may hold; matches what a capture reads at most. */
export const snapLength = 262_144;

/** The 24 bytes at the start of the file. */
export function encodePcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nanosecondMagic, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, linkTypeEthernet, true);
  return bytes;
}

export interface PcapRecord {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly atNs: bigint;
  readonly bytes: Uint8Array;
  /** Length on the wire, when more than what was captured. */
  readonly originalLength?: number;
}

/** One packet with its 16-byte record header. */
export function encodePcapRecord(record: PcapRecord): Uint8Array {
  const captured = record.bytes.subarray(0, snapLength);
  const bytes = new Uint8Array(16 + captured.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(record.atNs / 1_000_000_000n), true);
  view.setUint32(4, Number(record.atNs % 1_000_000_000n), true);
  view.setUint32(8, captured.length, true);
  view.setUint32(12, record.originalLength ?? record.bytes.length, true);
  bytes.set(captured, 16);
  return bytes;
}
