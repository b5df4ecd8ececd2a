import { dump } from '../dump.ts';
import { NetlinkError } from '../errors.ts';
import type { Requests } from '../requests.ts';
import { messageFlag } from '../schema/netlink.ts';
import {
  nftaElements,
  nftaObject,
  nftaRule,
  nftaSet,
  nftMessage,
  objectType,
} from '../schema/nftables.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeChain } from './chain.ts';
import type { NftChain } from './chain.ts';
import { decodeElements } from './element.ts';
import type { ListedElement } from './element.ts';
import { list } from './listing.ts';
import type { NftFilter } from './listing.ts';
import { beginNftMessage } from './nft-message.ts';
import { decodeNftRule } from './rule.ts';
import type { NftRule } from './rule.ts';
import { decodeSet } from './set.ts';
import type { NftSet, SetRef } from './set.ts';

export function listChains(requests: Requests, filter: NftFilter = {}): Promise<NftChain[]> {
  return list(requests, {
    what: 'chains',
    filter,
    request: nftMessage.getChain,
    answer: nftMessage.newChain,
    decode: decodeChain,
  });
}

/** In the order in which packets meet them, chain by chain. */
export function listRules(requests: Requests, filter: NftFilter = {}): Promise<NftRule[]> {
  return list(requests, {
    what: 'rules',
    filter,
    request: nftMessage.getRule,
    answer: nftMessage.newRule,
    write: (writer) => {
      if (filter.table !== undefined) writer.attributeString(nftaRule.table, filter.table);
      if (filter.chain !== undefined) writer.attributeString(nftaRule.chain, filter.chain);
    },
    decode: decodeNftRule,
  });
}

export function listSets(requests: Requests, filter: NftFilter = {}): Promise<NftSet[]> {
  return list(requests, {
    what: 'sets',
    filter,
    request: nftMessage.getSet,
    answer: nftMessage.newSet,
    write: (writer) => {
      if (filter.table !== undefined) writer.attributeString(nftaSet.table, filter.table);
    },
    decode: decodeSet,
  });
}

const attempts = 10;

/**
 * The kernel lists a set in parts, and goes on at a count. While it grows the set's table, for a moment
 * after many elements were added, the order changes between two parts: some elements come twice and as
 * many not at all, and nothing says so. What came twice shows it; then the set is listed again.
 * @throws NetlinkError ENOENT when there is no such set, EINTERRUPTED when that happened ten times.
 */
export async function listElements(requests: Requests, set: SetRef): Promise<ListedElement[]> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const found = await dumpElements(requests, set);
    const different = new Set(
      found.map(({ key, keyEnd, endsRange }) => JSON.stringify([key, keyEnd, endsRange])),
    );
    if (different.size === found.length) return found;
  }
  const what = `listing the elements of ${set.family} ${set.table} ${set.set}`;
  throw new NetlinkError(`${what}: its order changed each time`, {
    code: 'EINTERRUPTED',
    errno: 0,
  });
}

async function dumpElements(requests: Requests, set: SetRef): Promise<ListedElement[]> {
  const writer = new MessageWriter();
  const parts = await dump(requests, () => {
    const flags = messageFlag.request | messageFlag.dump;
    beginNftMessage(writer, nftMessage.getElement, flags, set.family);
    writer.attributeString(nftaElements.table, set.table);
    writer.attributeString(nftaElements.set, set.set);
    return {
      message: writer.finish(),
      describe: () => `listing the elements of ${set.family} ${set.table} ${set.set}`,
      decode: (type, view, start, end) =>
        type === nftMessage.newElement ? decodeElements(set, view, start, end) : undefined,
    };
  });
  return parts.flat();
}

/** The request for the named counters; `reset` sets them to 0 as they are listed. */
export function encodeListCounters(
  writer: MessageWriter,
  filter: NftFilter,
  reset: boolean,
): Uint8Array {
  const type = reset ? nftMessage.getObjectReset : nftMessage.getObject;
  const flags = messageFlag.request | messageFlag.dump;
  beginNftMessage(writer, type, flags, filter.family);
  if (filter.table !== undefined) writer.attributeString(nftaObject.table, filter.table);
  return writer.attributeBig32(nftaObject.type, objectType.counter).finish();
}
