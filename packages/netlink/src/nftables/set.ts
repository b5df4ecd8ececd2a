import { flagNames } from '../schema/name-table.ts';
import {
  nftaList,
  nftaSet,
  nftaSetDesc,
  nftaSetField,
  setFlag,
  verdictDataType,
} from '../schema/nftables.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { byteOrderOf, lengthOf, partLengths, typeNumber, typesOfNumber } from './datum.ts';
import type { DatumType } from './datum.ts';
import { readNftMessage } from './nft-message.ts';
import type { TableRef } from './table.ts';

/** One type, or those of a concatenation. */
export type DatumTypes = DatumType | readonly DatumType[];
/** `map`, `object` and `concat` follow from the types; a `constant` set takes elements only as it is made. */
export type SetFlag = keyof typeof setFlag;

/** Which set or map, and what it holds: elements are encoded and read by it. */
export interface SetRef extends TableRef {
  readonly set: string;
  readonly key: DatumTypes;
  /** What a map gives for a key; left out it is a set. */
  readonly data?: DatumTypes | 'verdict';
}

/** A set or map to be made (NFT_MSG_NEWSET). */
export interface NewSet extends SetRef {
  /** `interval` for ranges, `timeout` for elements that end. */
  readonly flags?: readonly Extract<SetFlag, 'constant' | 'interval' | 'timeout'>[];
  /** For elements that are added without one. */
  readonly timeoutMs?: number;
  /** The most elements it may hold. */
  readonly size?: number;
}

/** A set or map as the kernel reports it (NFT_MSG_NEWSET). */
export interface NftSet extends TableRef {
  readonly set: string;
  /** Absent when it has types that this package has no name for. */
  readonly key?: DatumTypes;
  readonly data?: DatumTypes | 'verdict';
  readonly keyLength: number;
  readonly flags: readonly SetFlag[];
  readonly timeoutMs?: number;
  readonly size?: number;
  readonly handle: number;
}

export function typeList(types: DatumTypes): readonly DatumType[] {
  return typeof types === 'string' ? [types] : types;
}

/** `id` names the set within its transaction. */
export function writeSet(writer: MessageWriter, set: NewSet, id: number): void {
  const key = typeList(set.key);
  writer.attributeString(nftaSet.table, set.table).attributeString(nftaSet.name, set.set);
  writer.attributeBig32(nftaSet.flags, flagBits(set, key));
  writer.attributeBig32(nftaSet.keyType, typeNumber(key));
  writer.attributeBig32(nftaSet.keyLength, lengthOf(key));
  if (set.data === 'verdict') {
    writer.attributeBig32(nftaSet.dataType, verdictDataType).attributeBig32(nftaSet.dataLength, 16);
  } else if (set.data !== undefined) {
    const data = typeList(set.data);
    writer.attributeBig32(nftaSet.dataType, typeNumber(data));
    writer.attributeBig32(nftaSet.dataLength, lengthOf(data));
  }
  writer.attributeBig32(nftaSet.id, id);
  if (set.timeoutMs !== undefined) writer.attributeBig64(nftaSet.timeout, set.timeoutMs);
  writeDescription(writer, set, key);
  writer.attribute(nftaSet.userData, userData(set, key));
}

function flagBits(set: NewSet, key: readonly DatumType[]): number {
  const given = (set.flags ?? []).reduce((sum, name) => sum | setFlag[name], 0);
  const isRanged = (given & setFlag.interval) !== 0 && key.length > 1;
  return given | (set.data === undefined ? 0 : setFlag.map) | (isRanged ? setFlag.concat : 0);
}

function writeDescription(writer: MessageWriter, set: NewSet, key: readonly DatumType[]): void {
  const isRanged = set.flags?.includes('interval') === true && key.length > 1;
  if (set.size === undefined && !isRanged) return;
  const description = writer.startNested(nftaSet.desc);
  if (set.size !== undefined) writer.attributeBig32(nftaSetDesc.size, set.size);
  if (isRanged) {
    const parts = writer.startNested(nftaSetDesc.concat);
    for (const length of partLengths(key)) {
      const part = writer.startNested(nftaList.element);
      writer.attributeBig32(nftaSetField.length, length).end(part);
    }
    writer.end(parts);
  }
  writer.end(description);
}

// The kernel keeps this for nft(8), which else would print numbers in host order turned round.
const orderNumber = { mixed: 0, host: 1, network: 2 } as const;

function userData(set: NewSet, key: readonly DatumType[]): Uint8Array {
  const bytes = [0, 4, ...u32(orderNumber[byteOrderOf(key)])];
  if (set.data === undefined) return Uint8Array.from(bytes);
  const order = set.data === 'verdict' ? 'mixed' : byteOrderOf(typeList(set.data));
  return Uint8Array.from([...bytes, 1, 4, ...u32(orderNumber[order])]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, hostIsLittleEndian);
  return bytes;
}

export function decodeSet(view: DataView, start: number, end: number): NftSet | undefined {
  const message = readNftMessage(view, start, end);
  if (message === undefined) return undefined;
  const { family, attribute } = message;
  let [table, set, flags, keyLength, handle] = ['', '', 0, 0, 0];
  const found: {
    key?: DatumTypes;
    data?: DatumTypes | 'verdict';
    timeoutMs?: number;
    size?: number;
  } = {};
  while (attribute.next()) {
    if (attribute.type === nftaSet.table) table = attribute.string();
    else if (attribute.type === nftaSet.name) set = attribute.string();
    else if (attribute.type === nftaSet.flags) flags = attribute.big32();
    else if (attribute.type === nftaSet.keyLength) keyLength = attribute.big32();
    else if (attribute.type === nftaSet.handle) handle = attribute.big64();
    else if (attribute.type === nftaSet.timeout) found.timeoutMs = attribute.big64();
    else if (attribute.type === nftaSet.keyType) assign(found, 'key', attribute.big32());
    else if (attribute.type === nftaSet.dataType) assign(found, 'data', attribute.big32());
    else if (attribute.type === nftaSet.desc) {
      const inner = attribute.nested();
      while (inner.next()) if (inner.type === nftaSetDesc.size) found.size = inner.big32();
    }
  }
  return { family, table, set, ...found, flags: flagNames(setFlag, flags), keyLength, handle };
}

function assign(
  into: { key?: DatumTypes; data?: DatumTypes | 'verdict' },
  field: 'key' | 'data',
  number: number,
): void {
  if (field === 'data' && number === verdictDataType) {
    into.data = 'verdict';
    return;
  }
  const types = typesOfNumber(number);
  const [only] = types ?? [];
  if (types === undefined || only === undefined) return;
  into[field] = types.length === 1 ? only : types;
}
