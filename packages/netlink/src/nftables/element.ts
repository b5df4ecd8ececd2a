import { inputError } from '../errors.ts';
import { elementFlag, nftaData, nftaElement, nftaElements, nftaList } from '../schema/nftables.ts';
import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { decodeDatums, encodeDatums } from './datum.ts';
import type { Datum } from './datum.ts';
import { readNftMessage } from './nft-message.ts';
import { typeList } from './set.ts';
import type { DatumTypes, SetRef } from './set.ts';
import { readVerdict, writeVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** One value, or those of a concatenation. */
export type DatumValue = Datum | readonly Datum[];

/** An element of a set or map. */
export interface NftElement {
  readonly key: DatumValue;
  /** The last key of a range, in an `interval` set with a concatenated key. */
  readonly keyEnd?: DatumValue;
  /** In an `interval` set with a single key: the first key after a range. */
  readonly endsRange?: boolean;
  /** What a map gives for the key. */
  readonly value?: DatumValue | Verdict;
  /** In a `timeout` set: how long it stays. */
  readonly timeoutMs?: number;
}

/** A listed element also says how long it still stays. */
export interface ListedElement extends NftElement {
  readonly expiresInMs?: number;
}

export function writeElementsHead(writer: MessageWriter, set: SetRef): void {
  writer.attributeString(nftaElements.table, set.table);
  writer.attributeString(nftaElements.set, set.set);
}

export function writeElement(writer: MessageWriter, set: SetRef, element: NftElement): void {
  const nest = writer.startNested(nftaList.element);
  if (element.endsRange === true) {
    writer.attributeBig32(nftaElement.flags, elementFlag.intervalEnd);
  }
  writeData(writer, nftaElement.key, set.key, element.key);
  if (element.keyEnd !== undefined) writeData(writer, nftaElement.keyEnd, set.key, element.keyEnd);
  if (element.value !== undefined) writeValue(writer, set, element.value);
  if (element.timeoutMs !== undefined) {
    writer.attributeBig64(nftaElement.timeout, element.timeoutMs);
  }
  writer.end(nest);
}

function writeValue(writer: MessageWriter, set: SetRef, value: DatumValue | Verdict): void {
  const isVerdict = typeof value === 'object' && 'kind' in value;
  if (set.data === undefined || isVerdict !== (set.data === 'verdict')) {
    throw inputError(
      `${JSON.stringify(value)} is no value of ${set.set}, which gives ${String(set.data ?? 'none')}`,
      'Give a value of the type that the map was described with.',
    );
  }
  if (!isVerdict) {
    writeData(writer, nftaElement.data, set.data as DatumTypes, value);
    return;
  }
  const nest = writer.startNested(nftaElement.data);
  writeVerdict(writer, value);
  writer.end(nest);
}

function writeData(
  writer: MessageWriter,
  attribute: number,
  types: DatumTypes,
  value: DatumValue,
): void {
  const values = typeof value === 'object' ? value : [value];
  const nest = writer.startNested(attribute);
  writer.attribute(nftaData.value, encodeDatums(typeList(types), values)).end(nest);
}

/** The elements of one NFT_MSG_NEWSETELEM, read by the types of `set`. */
export function decodeElements(
  set: SetRef,
  view: DataView,
  start: number,
  end: number,
): ListedElement[] {
  const elements: ListedElement[] = [];
  const attribute = readNftMessage(view, start, end)?.attribute;
  while (attribute?.next() === true) {
    if (attribute.type !== nftaElements.elements) continue;
    const element = attribute.nested();
    while (element.next()) elements.push(readElement(set, element.nested()));
  }
  return elements;
}

function readElement(set: SetRef, attribute: AttributeCursor): ListedElement {
  const element: { -readonly [F in keyof ListedElement]: ListedElement[F] } = { key: [] };
  while (attribute.next()) {
    if (attribute.type === nftaElement.key) element.key = readData(set.key, attribute);
    else if (attribute.type === nftaElement.keyEnd) element.keyEnd = readData(set.key, attribute);
    else if (attribute.type === nftaElement.data) assignValue(element, set, attribute);
    else if (attribute.type === nftaElement.timeout) element.timeoutMs = attribute.big64();
    else if (attribute.type === nftaElement.expiration) element.expiresInMs = attribute.big64();
    else if (attribute.type === nftaElement.flags) {
      if ((attribute.big32() & elementFlag.intervalEnd) !== 0) element.endsRange = true;
    }
  }
  return element;
}

function assignValue(
  element: { value?: DatumValue | Verdict },
  set: SetRef,
  attribute: AttributeCursor,
): void {
  if (set.data === undefined) return;
  if (set.data !== 'verdict') {
    element.value = readData(set.data, attribute);
    return;
  }
  const inner = attribute.nested();
  const verdict = inner.next() ? readVerdict(inner) : undefined;
  if (verdict !== undefined) element.value = verdict;
}

function readData(types: DatumTypes, attribute: AttributeCursor): DatumValue {
  const inner = attribute.nested();
  if (!inner.next()) return [];
  const values = decodeDatums(typeList(types), inner.copy());
  const [only] = values;
  return typeof types === 'string' && only !== undefined ? only : values;
}
