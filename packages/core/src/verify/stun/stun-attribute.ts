import type { Endpoint } from '../datagram-port.ts';
import { bytesOfIp, ipOfBytes } from '../../identity/ip-text.ts';
import { bytesOfTransactionId, type StunAttribute, type TransactionId } from './stun-message.ts';

/** RFC 8489 section 5: the magic cookie. */
export const magicCookie = 0x2112_a442;

/** RFC 8489 section 18.3, RFC 5780 section 9.1. */
const types = {
  'mapped-address': 0x0001,
  'change-request': 0x0003,
  'error-code': 0x0009,
  'unknown-attributes': 0x000a,
  'xor-mapped-address': 0x0020,
  software: 0x8022,
  'response-origin': 0x802b,
  'other-address': 0x802c,
} as const;

/** A type and value as they lie on the wire, without padding. */
export interface AttributeBytes {
  readonly type: number;
  readonly value: Uint8Array;
}

export function encodeAttribute(
  attribute: StunAttribute,
  transactionId: TransactionId,
): AttributeBytes {
  switch (attribute.kind) {
    case 'raw':
      return { type: attribute.type, value: attribute.value };
    case 'mapped-address':
    case 'response-origin':
    case 'other-address':
      return { type: types[attribute.kind], value: encodeAddress(attribute.at) };
    case 'xor-mapped-address':
      return {
        type: types[attribute.kind],
        value: exclusiveOr(encodeAddress(attribute.at), transactionId),
      };
    case 'change-request': {
      const { changeAddress, changePort } = attribute;
      const flags = (changeAddress ? changeAddressFlag : 0) | (changePort ? changePortFlag : 0);
      return { type: types[attribute.kind], value: Uint8Array.of(0, 0, 0, flags) };
    }
    case 'error-code': {
      const { code, reason } = attribute;
      const head = [0, 0, Math.floor(code / 100), code % 100];
      const text = new TextEncoder().encode(reason);
      return { type: types[attribute.kind], value: Uint8Array.of(...head, ...text) };
    }
    case 'unknown-attributes': {
      const value = Uint8Array.from(attribute.types.flatMap((type) => [type >> 8, type & 0xff]));
      return { type: types[attribute.kind], value };
    }
    case 'software':
      return { type: types[attribute.kind], value: new TextEncoder().encode(attribute.text) };
    default:
      return attribute satisfies never;
  }
}

/** Undefined when the value of a type that is read here cannot be: the message is malformed then. */
export function decodeAttribute(
  { type, value }: AttributeBytes,
  transactionId: TransactionId,
): StunAttribute | undefined {
  switch (type) {
    case types['mapped-address']:
      return withAddress('mapped-address', value);
    case types['response-origin']:
      return withAddress('response-origin', value);
    case types['other-address']:
      return withAddress('other-address', value);
    case types['xor-mapped-address']:
      return withAddress('xor-mapped-address', exclusiveOr(value, transactionId));
    case types['change-request']:
      return decodeChangeRequest(value);
    case types['error-code']:
      return decodeErrorCode(value);
    case types['unknown-attributes']:
      return decodeUnknownAttributes(value);
    case types.software:
      return { kind: 'software', text: new TextDecoder().decode(value) };
    default:
      return { kind: 'raw', type, value };
  }
}

/** RFC 5780 section 7.2. */
const changeAddressFlag = 0x04;
const changePortFlag = 0x02;

function decodeChangeRequest(value: Uint8Array): StunAttribute | undefined {
  const flags = value[3];
  if (value.length !== 4 || flags === undefined) return undefined;
  return {
    kind: 'change-request',
    changeAddress: (flags & changeAddressFlag) !== 0,
    changePort: (flags & changePortFlag) !== 0,
  };
}

/** RFC 8489 section 14.8: the hundreds in three bits, 3 to 6; the rest of the number, 0 to 99; a reason. */
function decodeErrorCode(value: Uint8Array): StunAttribute | undefined {
  const hundreds = (value[2] ?? 0) & 0x07;
  const rest = value[3];
  if (rest === undefined || rest > 99 || hundreds < 3 || hundreds > 6) return undefined;
  const reason = new TextDecoder().decode(value.subarray(4));
  return { kind: 'error-code', code: hundreds * 100 + rest, reason };
}

function decodeUnknownAttributes(value: Uint8Array): StunAttribute | undefined {
  if (value.length % 2 !== 0) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const listed = Array.from({ length: value.length / 2 }, (_, index) => view.getUint16(index * 2));
  return { kind: 'unknown-attributes', types: listed };
}

type AddressKind = Extract<StunAttribute, { readonly at: Endpoint }>['kind'];

function withAddress(kind: AddressKind, value: Uint8Array): StunAttribute | undefined {
  const at = decodeAddress(value);
  return at === undefined ? undefined : { kind, at };
}

/** RFC 8489 section 14.1: a zero byte, the family (1 or 2), the port, the address. */
function encodeAddress({ address, port }: Endpoint): Uint8Array {
  const bytes = bytesOfIp(address);
  if (bytes === undefined) throw new RangeError(`"${address}" is no IP address`);
  return Uint8Array.of(0, bytes.length === 4 ? 1 : 2, port >> 8, port & 0xff, ...bytes);
}

function decodeAddress(value: Uint8Array): Endpoint | undefined {
  const [, family, high = 0, low = 0] = value;
  const length = family === 1 ? 8 : 20;
  if ((family !== 1 && family !== 2) || value.length !== length) return undefined;
  return { address: ipOfBytes(value.subarray(4)), port: high * 256 + low };
}

/** RFC 8489 section 14.2: the port with the cookie's first half, the address with cookie and transaction id. Its own inverse. */
function exclusiveOr(value: Uint8Array, transactionId: TransactionId): Uint8Array {
  const cookie = [0x21, 0x12, 0xa4, 0x42];
  const mask = [0, 0, 0x21, 0x12, ...cookie, ...bytesOfTransactionId(transactionId)];
  return value.map((byte, index) => byte ^ (mask[index] ?? 0));
}
