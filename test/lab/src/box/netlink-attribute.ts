/** Netlink attributes (include/uapi/linux/netlink.h, struct nlattr), as nfnetlink uses them. */
const nestedFlag = 0x8000;
const headerLength = 4;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The byte order of this machine: netlink headers have it. */
export const hostIsLittleEndian: boolean = littleEndian;

/** One attribute with its padding. */
export function attribute(type: number, payload: Uint8Array): Uint8Array {
  const length = headerLength + payload.length;
  const bytes = new Uint8Array(padded(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, littleEndian);
  view.setUint16(2, type, littleEndian);
  bytes.set(payload, headerLength);
  return bytes;
}

export function nested(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(type | nestedFlag, concatenate(attributes));
}

/** A string with its closing zero. */
export function text(type: number, value: string): Uint8Array {
  return attribute(type, new TextEncoder().encode(`${value}\0`));
}

/** The attributes in these bytes by type; what does not fit is left out. */
export function readAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + headerLength <= bytes.length) {
    const length = view.getUint16(at, littleEndian);
    if (length < headerLength || at + length > bytes.length) break;
    const type = view.getUint16(at + 2, littleEndian) & 0x3fff;
    found.set(type, bytes.subarray(at + headerLength, at + length));
    at += padded(length);
  }
  return found;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
