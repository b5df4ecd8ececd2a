import type { AttributeCursor } from '../wire/attribute-cursor.ts';
import { AttributeCursor as Cursor } from '../wire/attribute-cursor.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { nftFamilyName, nftFamilyNumber } from './family.ts';
import type { NftFamily } from './family.ts';

/** struct nfgenmsg: u8 family, u8 version, u16 resource id in network order. */
const headerLength = 4;

/** Starts a message: struct nlmsghdr and struct nfgenmsg. */
export function beginNftMessage(
  writer: MessageWriter,
  type: number,
  flags: number,
  family: NftFamily | undefined,
  resource = 0,
): MessageWriter {
  const number = family === undefined ? 0 : nftFamilyNumber(family);
  return writer
    .begin(type, flags)
    .u8(number)
    .u8(0)
    .bytes(Uint8Array.of(resource >> 8, resource & 0xff));
}

/** What follows struct nfgenmsg, and the family in it; undefined for a family without a name here. */
export function readNftMessage(
  view: DataView,
  start: number,
  end: number,
): { readonly family: NftFamily; readonly attribute: AttributeCursor } | undefined {
  if (start + headerLength > end) return undefined;
  const family = nftFamilyName(view.getUint8(start));
  if (family === undefined) return undefined;
  return { family, attribute: new Cursor(view, start + headerLength, end) };
}
