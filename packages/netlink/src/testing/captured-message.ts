import { AttributeCursor } from '../wire/attribute-cursor.ts';

/** A message taken apart, so that tests can compare it whatever the order of its attributes. */
export interface CapturedMessage {
  readonly type: number;
  readonly flags: number;
  /** The family header after struct nlmsghdr, in hexadecimal. */
  readonly header: string;
  /** Each attribute's payload in hexadecimal, by type. */
  readonly attributes: Readonly<Record<number, string>>;
}

/** Hexadecimal to bytes. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Takes a little-endian message apart; `headerLength` is that of the family header. */
export function takeApart(message: Uint8Array | string, headerLength: number): CapturedMessage {
  const bytes = typeof message === 'string' ? fromHex(message) : message;
  const view = viewOf(bytes);
  const attributes: Record<number, string> = {};
  const cursor = new AttributeCursor(view, 16 + headerLength, view.getUint32(0, true), true);
  while (cursor.next()) attributes[cursor.type] = toHex(cursor.copy());
  return {
    type: view.getUint16(4, true),
    flags: view.getUint16(6, true),
    header: toHex(bytes.subarray(16, 16 + headerLength)),
    attributes,
  };
}

/** What a decoder is called with: the view, and where the payload after struct nlmsghdr lies. */
export function payloadOf(message: string): [view: DataView, start: number, end: number] {
  const view = viewOf(fromHex(message));
  return [view, 16, view.getUint32(0, true)];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
