import { inputError } from '../errors.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress, parseIpAddress } from '../wire/ip-address.ts';
import { formatMacAddress, parseMacAddress } from '../wire/mac-address.ts';

/** The type of a set's key or value. `mark` and `link-index` lie in host byte order, the others in network order. */
export type DatumType =
  | 'ipv4'
  | 'ipv6'
  | 'mac'
  | 'protocol'
  | 'port'
  | 'mark'
  | 'link-index'
  | 'link-name';

/** Text for addresses and link names, a number for the rest. */
export type Datum = string | number;

interface Codec {
  /** The number by which nft(8) knows the type; the kernel only keeps it. */
  readonly number: number;
  readonly length: number;
  readonly byteOrder: 'host' | 'network';
  readonly encode: (value: Datum) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Datum;
}

const codecs: Readonly<Record<DatumType, Codec>> = {
  ipv4: address(7, 4),
  ipv6: address(8, 16),
  mac: {
    number: 9,
    length: 6,
    byteOrder: 'network',
    encode: (value) => parseMacAddress(String(value)),
    decode: formatMacAddress,
  },
  protocol: integer(12, 1, 'network'),
  port: integer(13, 2, 'network'),
  mark: integer(19, 4, 'host'),
  'link-index': integer(20, 4, 'host'),
  'link-name': {
    number: 41,
    length: 16,
    byteOrder: 'host',
    encode: encodeName,
    decode: decodeName,
  },
};

const byNumber = new Map(
  Object.entries(codecs).map(([name, { number }]) => [number, name as DatumType]),
);

/**
 * The bytes of a value as a register holds them: what `compare`, `immediate` and `bitwise` take.
 * @throws NetlinkError `EINPUT`
 */
export function encodeDatum(type: DatumType, value: Datum): Uint8Array {
  const { length, encode } = codecOf(type);
  const bytes = encode(value);
  if (bytes.length === length) return bytes;
  throw inputError(
    `"${String(value)}" is no ${type}`,
    `Give a value of ${String(length)} bytes as ${type} has.`,
  );
}

/**
 * The value that these bytes of a set element are.
 * @throws NetlinkError EINPUT when there are too few
 */
export function decodeDatum(type: DatumType, bytes: Uint8Array): Datum {
  const { length, decode } = codecOf(type);
  if (bytes.length >= length) return decode(bytes.subarray(0, length));
  throw inputError(
    `${String(bytes.length)} bytes are no ${type}`,
    'List the set with its own types.',
  );
}

/** One value, or a concatenation, in which every part begins at a multiple of 4 bytes. */
export function encodeDatums(types: readonly DatumType[], values: readonly Datum[]): Uint8Array {
  if (types.length !== values.length) {
    throw inputError(
      `${String(values.length)} values were given for a key of ${types.join(' . ')}`,
      'Give one value for each part of the key.',
    );
  }
  const [only] = types;
  if (types.length === 1 && only !== undefined) return encodeDatum(only, values[0] ?? '');
  const bytes = new Uint8Array(lengthOf(types));
  let at = 0;
  for (const [index, type] of types.entries()) {
    bytes.set(encodeDatum(type, values[index] ?? ''), at);
    at += align(codecOf(type).length);
  }
  return bytes;
}

export function decodeDatums(types: readonly DatumType[], bytes: Uint8Array): readonly Datum[] {
  let at = 0;
  return types.map((type) => {
    const value = decodeDatum(type, bytes.subarray(at));
    at += align(codecOf(type).length);
    return value;
  });
}

/** Bytes of a key: a single one is not padded. */
export function lengthOf(types: readonly DatumType[]): number {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return codecOf(only).length;
  return types.reduce((sum, type) => sum + align(codecOf(type).length), 0);
}

/** Bytes of each part, unpadded. */
export function partLengths(types: readonly DatumType[]): readonly number[] {
  return types.map((type) => codecOf(type).length);
}

/** nft's number of a key type: six bits a part. */
export function typeNumber(types: readonly DatumType[]): number {
  return types.reduce((sum, type) => sum * 64 + codecOf(type).number, 0);
}

/** The inverse of {@link typeNumber}; undefined when a part has no name here. */
export function typesOfNumber(number: number): readonly DatumType[] | undefined {
  const types: DatumType[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 64)) {
    const type = byNumber.get(rest % 64);
    if (type === undefined) return undefined;
    types.unshift(type);
  }
  return types.length === 0 ? undefined : types;
}

/** Whether nft(8) has to be told that the values lie in host order. */
export function byteOrderOf(types: readonly DatumType[]): 'host' | 'network' | 'mixed' {
  const [only] = types;
  return types.length === 1 && only !== undefined ? codecOf(only).byteOrder : 'mixed';
}

function codecOf(type: DatumType): Codec {
  const codec: Codec | undefined = codecs[type];
  if (codec !== undefined) return codec;
  throw inputError(`"${type}" is no type`, `Give one of ${Object.keys(codecs).join(', ')}.`);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function address(number: number, length: number): Codec {
  return {
    number,
    length,
    byteOrder: 'network',
    encode: (value) => parseIpAddress(String(value)),
    decode: (bytes) => formatIpAddress(bytes),
  };
}

function integer(number: number, length: 1 | 2 | 4, byteOrder: 'host' | 'network'): Codec {
  const littleEndian = byteOrder === 'host' && hostIsLittleEndian;
  return {
    number,
    length,
    byteOrder,
    encode: (value) => {
      if (!Number.isInteger(value) || Number(value) < 0 || Number(value) >= 256 ** length) {
        const range = `a whole number from 0 to ${String(256 ** length - 1)}`;
        throw inputError(`"${String(value)}" is not ${range}`, `Give ${range}.`);
      }
      const view = new DataView(new ArrayBuffer(length));
      for (let at = 0; at < length; at++) {
        const shift = littleEndian ? at : length - 1 - at;
        view.setUint8(at, Math.floor(Number(value) / 256 ** shift) % 256);
      }
      return new Uint8Array(view.buffer);
    },
    decode: (bytes) => {
      const ordered = littleEndian ? [...bytes].toReversed() : [...bytes];
      return ordered.reduce((sum, byte) => sum * 256 + byte, 0);
    },
  };
}

/** IFNAMSIZ bytes, filled up with zeros. */
function encodeName(value: Datum): Uint8Array {
  const name = new TextEncoder().encode(String(value));
  if (name.length === 0 || name.length > 15) {
    throw inputError(`"${String(value)}" is no link name`, 'Give 1 to 15 bytes.');
  }
  const bytes = new Uint8Array(16);
  bytes.set(name);
  return bytes;
}

function decodeName(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
}
