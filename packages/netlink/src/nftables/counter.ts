import { nftaCounter, nftaObject, objectType } from '../schema/nftables.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { readNftMessage } from './nft-message.ts';
import type { TableRef } from './table.ts';

/** Which named counter. */
export interface CounterRef extends TableRef {
  readonly counter: string;
}

/** A named counter, to make or as the kernel reports it (NFT_MSG_NEWOBJ). */
export interface NftCounter extends CounterRef {
  readonly packets: number;
  readonly bytes: number;
}

/** Left out, the counts start from 0. */
export type NewCounter = CounterRef & Partial<NftCounter>;

export function writeCounterRef(writer: MessageWriter, counter: CounterRef): void {
  writer.attributeString(nftaObject.table, counter.table);
  writer.attributeString(nftaObject.name, counter.counter);
  writer.attributeBig32(nftaObject.type, objectType.counter);
}

export function writeCounter(writer: MessageWriter, counter: NewCounter): void {
  writeCounterRef(writer, counter);
  const data = writer.startNested(nftaObject.data);
  writer.attributeBig64(nftaCounter.bytes, counter.bytes ?? 0);
  writer.attributeBig64(nftaCounter.packets, counter.packets ?? 0);
  writer.end(data);
}

/** undefined for objects of another kind. */
export function decodeCounter(view: DataView, start: number, end: number): NftCounter | undefined {
  const message = readNftMessage(view, start, end);
  if (message === undefined) return undefined;
  const { family, attribute } = message;
  let [table, counter, type, packets, bytes] = ['', '', 0, 0, 0];
  while (attribute.next()) {
    if (attribute.type === nftaObject.table) table = attribute.string();
    else if (attribute.type === nftaObject.name) counter = attribute.string();
    else if (attribute.type === nftaObject.type) type = attribute.big32();
    else if (attribute.type === nftaObject.data && type === objectType.counter) {
      const inner = attribute.nested();
      while (inner.next()) {
        if (inner.type === nftaCounter.packets) packets = inner.big64();
        else if (inner.type === nftaCounter.bytes) bytes = inner.big64();
      }
    }
  }
  return type === objectType.counter ? { family, table, counter, packets, bytes } : undefined;
}
