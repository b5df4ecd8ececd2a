import { flagNames } from '../schema/name-table.ts';
import { nftaTable, tableFlag } from '../schema/nftables.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { NftFamily } from './family.ts';
import { readNftMessage } from './nft-message.ts';

/** Which table. */
export interface TableRef {
  readonly family: NftFamily;
  readonly table: string;
}

/** A table as the kernel reports it (NFT_MSG_NEWTABLE). */
export interface NftTable {
  readonly family: NftFamily;
  readonly table: string;
  /** `dormant`: its chains see no packets. `owner`: it ends with the socket that made it. */
  readonly flags: readonly (keyof typeof tableFlag)[];
  /** Names it until it is deleted. */
  readonly handle: number;
  /** Chains, sets and objects in it. */
  readonly use: number;
}

/** A table to be made (NFT_MSG_NEWTABLE). */
export interface NewTable extends TableRef {
  readonly flags?: readonly (keyof typeof tableFlag)[];
}

export function writeTable(writer: MessageWriter, table: NewTable): void {
  const bits = (table.flags ?? []).reduce((sum, name) => sum | tableFlag[name], 0);
  writer.attributeString(nftaTable.name, table.table).attributeBig32(nftaTable.flags, bits);
}

export function decodeTable(view: DataView, start: number, end: number): NftTable | undefined {
  const message = readNftMessage(view, start, end);
  if (message === undefined) return undefined;
  const { family, attribute } = message;
  let [table, flags, handle, use] = ['', 0, 0, 0];
  while (attribute.next()) {
    if (attribute.type === nftaTable.name) table = attribute.string();
    else if (attribute.type === nftaTable.flags) flags = attribute.big32();
    else if (attribute.type === nftaTable.handle) handle = attribute.big64();
    else if (attribute.type === nftaTable.use) use = attribute.big32();
  }
  return { family, table, flags: flagNames(tableFlag, flags), handle, use };
}
