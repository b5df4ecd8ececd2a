import { crc32 } from 'node:zlib';
import { decodeAttribute, encodeAttribute, magicCookie } from './stun-attribute.ts';
import {
  bytesOfTransactionId,
  transactionIdOf,
  type StunAttribute,
  type StunClass,
  type StunMessage,
  type TransactionId,
} from './stun-message.ts';

/** RFC 8489 section 5: type, length, cookie, transaction id. */
const headerLength = 20;
/** What is read at most; an answer to a Binding request has about 100 bytes. */
export const stunLimits = { bytes: 2048, attributes: 64 } as const;

/** The two class bits, C1 and C0 (RFC 8489 section 5). */
const classes: readonly StunClass[] = ['request', 'indication', 'success', 'error'];

const fingerprintType = 0x8028;
/** RFC 8489 section 14.7: what tells a fingerprint from another CRC-32 of the same bytes. */
const fingerprintMask = 0x5354_554e;
const integrityTypes: readonly number[] = [0x0008, 0x001c];

export type DecodedStun =
  | {
      readonly kind: 'message';
      readonly message: StunMessage;
      /** True when a FINGERPRINT was there, and right. */
      readonly hasFingerprint: boolean;
    }
  /** No STUN at all: SIP, RTP or anything else that shares the port. */
  | { readonly kind: 'not-stun' }
  | { readonly kind: 'malformed'; readonly why: string };

/** A message with its FINGERPRINT as the last attribute. Throws RangeError on what cannot be said in STUN. */
export function encodeStun(message: StunMessage): Uint8Array {
  const { attributes, transactionId } = message;
  const encoded = attributes.map((attribute) => encodeAttribute(attribute, transactionId));
  const lengths = encoded.map(({ value }) => 4 + padded(value.length));
  const length = lengths.reduce((sum, each) => sum + each, 0) + 8;
  if (headerLength + length > stunLimits.bytes)
    throw new RangeError(`${length} bytes are too many`);
  const bytes = new Uint8Array(headerLength + length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, typeOf(message));
  view.setUint16(2, length);
  view.setUint32(4, magicCookie);
  bytes.set(bytesOfTransactionId(transactionId), 8);
  let at = headerLength;
  encoded.forEach(({ type, value }, index) => {
    view.setUint16(at, type);
    view.setUint16(at + 2, value.length);
    bytes.set(value, at + 4);
    at += lengths[index] ?? 0;
  });
  view.setUint16(at, fingerprintType);
  view.setUint16(at + 2, 4);
  view.setUint32(at + 4, fingerprintOf(bytes.subarray(0, at)));
  return bytes;
}

/** The transaction id of what looks like STUN, by its first 20 bytes alone; undefined for all else. */
export function peekTransactionId(bytes: Uint8Array): TransactionId | undefined {
  if (bytes.length < headerLength || ((bytes[0] ?? 0) & 0xc0) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(4) !== magicCookie) return undefined;
  return transactionIdOf(bytes.subarray(8, headerLength));
}

export function decodeStun(bytes: Uint8Array): DecodedStun {
  const transactionId = peekTransactionId(bytes);
  if (transactionId === undefined) return { kind: 'not-stun' };
  if (bytes.length > stunLimits.bytes) return malformed(`${bytes.length} bytes are too many`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint16(2);
  if (length % 4 !== 0 || headerLength + length !== bytes.length) {
    return malformed(`its length field says ${length} of ${bytes.length - headerLength} bytes`);
  }
  const read = readAttributes(bytes, transactionId);
  if (typeof read === 'string') return malformed(read);
  const { class: stunClass, method } = classAndMethodOf(view.getUint16(0));
  const { attributes, hasFingerprint } = read;
  return {
    kind: 'message',
    message: { class: stunClass, method, transactionId, attributes },
    hasFingerprint,
  };
}

interface ReadAttributes {
  readonly attributes: readonly StunAttribute[];
  readonly hasFingerprint: boolean;
}

/** The text says what is wrong. */
function readAttributes(bytes: Uint8Array, transactionId: TransactionId): ReadAttributes | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributes: StunAttribute[] = [];
  let isSealed = false;
  for (let at = headerLength; at < bytes.length;) {
    // the length is a multiple of four, so that a type and a length are always there
    const type = view.getUint16(at);
    const end = at + 4 + view.getUint16(at + 2);
    if (end > bytes.length) return `attribute ${hex(type)} ends outside the message`;
    const value = bytes.subarray(at + 4, end);
    if (type === fingerprintType) {
      if (end !== bytes.length || value.length !== 4)
        return 'FINGERPRINT is not the last attribute';
      const isRight = view.getUint32(at + 4) === fingerprintOf(bytes.subarray(0, at));
      return isRight ? { attributes, hasFingerprint: true } : 'FINGERPRINT is wrong';
    }
    // what follows the integrity attribute is covered by nobody (RFC 8489 section 14.5)
    if (!isSealed || integrityTypes.includes(type)) {
      const attribute = decodeAttribute({ type, value }, transactionId);
      if (attribute === undefined) return `attribute ${hex(type)} cannot be read`;
      if (attributes.push(attribute) > stunLimits.attributes) return 'too many attributes';
    }
    isSealed ||= integrityTypes.includes(type);
    at = at + 4 + padded(value.length);
  }
  return { attributes, hasFingerprint: false };
}

function malformed(why: string): DecodedStun {
  return { kind: 'malformed', why };
}

function hex(type: number): string {
  return `0x${type.toString(16).padStart(4, '0')}`;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function fingerprintOf(before: Uint8Array): number {
  // FINGERPRINT covers the length field as it stands with it in place
  return (crc32(before) ^ fingerprintMask) >>> 0;
}

/** RFC 8489 section 5, figure 3: M11-M7, C1, M6-M4, C0, M3-M0. */
function typeOf({ class: stunClass, method }: StunMessage): number {
  if (method < 0 || method > 0xfff) throw new RangeError(`${method} is no STUN method`);
  const bits = classes.indexOf(stunClass);
  const spread = ((method & 0xf80) << 2) | ((method & 0x070) << 1) | (method & 0x00f);
  return spread | ((bits & 2) << 7) | ((bits & 1) << 4);
}

function classAndMethodOf(type: number): { readonly class: StunClass; readonly method: number } {
  const bits = ((type >> 7) & 2) | ((type >> 4) & 1);
  const method = ((type >> 2) & 0xf80) | ((type >> 1) & 0x070) | (type & 0x00f);
  return { class: classes[bits] ?? 'request', method };
}
