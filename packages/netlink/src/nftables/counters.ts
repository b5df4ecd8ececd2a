import { NetlinkError } from '../errors.ts';
import type { Requests } from '../requests.ts';
import { nftMessage } from '../schema/nftables.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeCounter } from './counter.ts';
import type { NftCounter } from './counter.ts';
import { encodeListCounters } from './list.ts';
import type { NftFilter } from './listing.ts';

/** The named counters of tables. */
export interface NftCounters {
  list(filter?: NftFilter): Promise<NftCounter[]>;
  /** What was counted since the last reset; counting goes on from 0, and no packet is missed. */
  reset(filter?: NftFilter): Promise<NftCounter[]>;
}

const attempts = 10;

export function createCounters(requests: Requests): NftCounters {
  return {
    list: (filter) => listCounters(requests, filter ?? {}, false),
    reset: (filter) => listCounters(requests, filter ?? {}, true),
  };
}

/**
 * The kernel can say at the end that the ruleset changed meanwhile. Then it is listed again; what a reset
 * has taken out by then is counted, as it is gone from the kernel.
 */
async function listCounters(
  requests: Requests,
  filter: NftFilter,
  reset: boolean,
): Promise<NftCounter[]> {
  const writer = new MessageWriter();
  const taken = new Map<string, NftCounter>();
  for (let attempt = 1; ; attempt++) {
    if (!reset) taken.clear();
    try {
      await requests.run({
        message: encodeListCounters(writer, filter, reset),
        until: 'done',
        describe: () =>
          `${reset ? 'resetting' : 'listing'} the counters of ${Object.values(filter).join(' ') || 'every table'}`,
        onMessage: (type, view, start, end) => {
          const counter =
            type === nftMessage.newObject ? decodeCounter(view, start, end) : undefined;
          if (counter !== undefined) addTo(taken, counter);
        },
      });
      return [...taken.values()];
    } catch (error) {
      const interrupted = NetlinkError.is(error) && error.code === 'EINTERRUPTED';
      if (!interrupted || attempt === attempts) throw error;
    }
  }
}

function addTo(taken: Map<string, NftCounter>, counter: NftCounter): void {
  const key = `${counter.family} ${counter.table} ${counter.counter}`;
  const before = taken.get(key);
  const packets = counter.packets + (before?.packets ?? 0);
  const bytes = counter.bytes + (before?.bytes ?? 0);
  taken.set(key, { ...counter, packets, bytes });
}
