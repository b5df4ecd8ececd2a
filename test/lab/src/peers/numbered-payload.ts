/** The first eight bytes of a numbered datagram, `TTNUMBER`; a big-endian number follows. */
const marker = Buffer.from('TTNUMBER', 'latin1');
const headerBytes = marker.length + 4;

/** A datagram that says which one of a run it is, filled up to `payloadBytes`. */
export function encodeNumbered(number: number, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(Math.max(payloadBytes, headerBytes));
  marker.copy(bytes);
  bytes.writeUInt32BE(number, marker.length);
  return bytes;
}

/** The number of a numbered datagram; undefined for any other. */
export function decodeNumbered(bytes: Buffer): number | undefined {
  if (bytes.length < headerBytes) return undefined;
  if (!bytes.subarray(0, marker.length).equals(marker)) return undefined;
  return bytes.readUInt32BE(marker.length);
}
