import {
  attribute,
  concatenate,
  hostIsLittleEndian,
  nested,
  readAttributes,
  text,
} from './netlink-attribute.ts';

/** One element of an nftables set or map in a table of family ip. */
export interface ElementChange {
  readonly verb: 'add' | 'delete';
  readonly table: string;
  readonly set: string;
  /** The key as the kernel stores it; parts of a concatenation padded to four bytes each. */
  readonly key: Uint8Array;
  /** What a map gives for the key. */
  readonly value?: Uint8Array;
}

/** A message from the kernel. */
export type NftAnswer =
  /** Zero: done. */
  | { readonly kind: 'ack'; readonly sequence: number; readonly errno: number }
  | { readonly kind: 'counter'; readonly name: string; readonly packets: number }
  | { readonly kind: 'dump-done'; readonly sequence: number }
  | { readonly kind: 'other' };

// include/uapi/linux/netlink.h, netfilter/nfnetlink.h, netfilter/nf_tables.h
const type = {
  error: 2,
  done: 3,
  batchBegin: 0x10,
  batchEnd: 0x11,
  newElement: 0x0a0c,
  deleteElement: 0x0a0e,
  newObject: 0x0a12,
  getObject: 0x0a13,
} as const;
const flag = { request: 1, ack: 4, dump: 0x300, create: 0x400 } as const;
const family = { none: 0, ip: 2 } as const;
const nftables = 10;
const counterType = 1;
const headerLength = 16;
const bodyOffset = headerLength + 4;

/** One batch: all of it takes effect, or nothing. Element messages are numbered from `sequence` on. */
export function encodeElementBatch(
  changes: readonly ElementChange[],
  sequence: number,
): Uint8Array {
  const end = sequence + changes.length;
  return concatenate([
    message(type.batchBegin, flag.request, end, family.none, nftables, []),
    ...changes.map((change, index) => encodeChange(change, sequence + index)),
    message(type.batchEnd, flag.request, end, family.none, nftables, []),
  ]);
}

function encodeChange(change: ElementChange, sequence: number): Uint8Array {
  const key = nested(1, attribute(1, change.key));
  const data = change.value === undefined ? [] : [nested(2, attribute(1, change.value))];
  const isAdd = change.verb === 'add';
  const flags = flag.request | flag.ack | (isAdd ? flag.create : 0);
  return message(isAdd ? type.newElement : type.deleteElement, flags, sequence, family.ip, 0, [
    text(1, change.table),
    text(2, change.set),
    nested(3, nested(1, key, ...data)),
  ]);
}

/** Asks for the named counters of a table. */
export function encodeListCounters(table: string, sequence: number): Uint8Array {
  const objectType = Uint8Array.of(0, 0, 0, counterType);
  return message(type.getObject, flag.request | flag.dump, sequence, family.ip, 0, [
    text(1, table),
    attribute(3, objectType),
  ]);
}

/** struct nlmsghdr, struct nfgenmsg, attributes. */
function message(
  kind: number,
  flags: number,
  sequence: number,
  addressFamily: number,
  resource: number,
  attributes: readonly Uint8Array[],
): Uint8Array {
  const bytes = concatenate([new Uint8Array(bodyOffset), ...attributes]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, hostIsLittleEndian);
  view.setUint16(4, kind, hostIsLittleEndian);
  view.setUint16(6, flags, hostIsLittleEndian);
  view.setUint32(8, sequence, hostIsLittleEndian);
  view.setUint8(headerLength, addressFamily);
  view.setUint16(headerLength + 2, resource);
  return bytes;
}

/** The messages of one received datagram; what is cut short is left out. */
export function decodeAnswers(bytes: Uint8Array): readonly NftAnswer[] {
  const answers: NftAnswer[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + headerLength <= bytes.length) {
    const length = view.getUint32(at, hostIsLittleEndian);
    if (length < headerLength || at + length > bytes.length) break;
    answers.push(decodeAnswer(bytes.subarray(at, at + length)));
    at += (length + 3) & ~3;
  }
  return answers;
}

function decodeAnswer(bytes: Uint8Array): NftAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint16(4, hostIsLittleEndian);
  const sequence = view.getUint32(8, hostIsLittleEndian);
  if (kind === type.done) return { kind: 'dump-done', sequence };
  if (kind === type.error && bytes.length >= headerLength + 4) {
    return { kind: 'ack', sequence, errno: -view.getInt32(headerLength, hostIsLittleEndian) };
  }
  if (kind !== type.newObject || bytes.length < bodyOffset) return { kind: 'other' };
  const attributes = readAttributes(bytes.subarray(bodyOffset));
  const name = attributes.get(2);
  const packets = readAttributes(attributes.get(4) ?? new Uint8Array()).get(2);
  if (name === undefined || packets?.length !== 8) return { kind: 'other' };
  const count = new DataView(packets.buffer, packets.byteOffset).getBigUint64(0);
  return {
    kind: 'counter',
    name: new TextDecoder().decode(name.subarray(0, -1)),
    packets: Number(count),
  };
}
