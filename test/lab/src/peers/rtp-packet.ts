/** What an RTP packet says of itself (RFC 3550 section 5.1), as far as G.711 needs it. */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

const headerBytes = 12;

export function encodeRtp(packet: RtpPacket): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + packet.payload.length);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8((packet.marker ? 0x80 : 0) | packet.payloadType, 1);
  bytes.writeUInt16BE(packet.sequence & 0xff_ff, 2);
  bytes.writeUInt32BE(packet.timestamp >>> 0, 4);
  bytes.writeUInt32BE(packet.ssrc >>> 0, 8);
  bytes.set(packet.payload, headerBytes);
  return bytes;
}

/** Undefined for what is no RTP packet of version 2; RTCP, whose second byte is 192-223, is none. */
export function decodeRtp(bytes: Uint8Array): RtpPacket | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint8(0) >> 6 !== 2) return undefined;
  const second = view.getUint8(1);
  if (second >= 192 && second <= 223) return undefined;
  const payloadStart = headerBytes + (view.getUint8(0) & 0x0f) * 4;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: Uint8Array.from(bytes.subarray(payloadStart)),
  };
}
