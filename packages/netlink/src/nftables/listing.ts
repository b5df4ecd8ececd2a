import { dump } from '../dump.ts';
import type { Requests } from '../requests.ts';
import { messageFlag } from '../schema/netlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import type { NftFamily } from './family.ts';
import { beginNftMessage } from './nft-message.ts';

/** What to list; what is left out is listed of all. */
export interface NftFilter {
  readonly family?: NftFamily;
  readonly table?: string;
  readonly chain?: string;
}

type Decode<T> = (view: DataView, start: number, end: number) => T | undefined;

export interface Listing<T> {
  readonly what: string;
  readonly filter: NftFilter;
  readonly request: number;
  readonly answer: number;
  readonly write?: (writer: MessageWriter) => void;
  readonly decode: Decode<T>;
}

/** All that the kernel has of one kind, and that fits the filter. */
export function list<T extends { readonly table: string; readonly chain?: string }>(
  requests: Requests,
  listing: Listing<T>,
): Promise<T[]> {
  const writer = new MessageWriter();
  const { what, filter, request, answer, decode } = listing;
  return dump(requests, () => {
    beginNftMessage(writer, request, messageFlag.request | messageFlag.dump, filter.family);
    listing.write?.(writer);
    return {
      message: writer.finish(),
      describe: () => `listing ${what} of ${Object.values(filter).join(' ') || 'every table'}`,
      decode: (type, view, start, end) => {
        const found = type === answer ? decode(view, start, end) : undefined;
        // The kernel filters by some of these only.
        if (found === undefined || found.table !== (filter.table ?? found.table)) return undefined;
        return found.chain === (filter.chain ?? found.chain) ? found : undefined;
      },
    };
  });
}
