import { Connection } from '../connection.ts';
import type { NetnsReference } from '../network-namespace.ts';
import type { Requests } from '../requests.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { nftablesGroup, nftMessage } from '../schema/nftables.ts';
import type { Transport } from '../transport.ts';
import { list } from './listing.ts';
import type { NftFilter } from './listing.ts';
import { decodeTable } from './table.ts';
import type { NftTable } from './table.ts';
import { watchRuleset } from './watch.ts';
import type { NftWatch } from './watch.ts';

/** Which tables of nftables there are, and when the ruleset changes: what is in them is for openNftables. */
export interface NftTables extends AsyncDisposable, Disposable {
  readonly tables: { list(filter?: NftFilter): Promise<NftTable[]> };
  /**
   * Tells, over a socket of its own, that the ruleset changed, by whomever: not what. Needs CAP_NET_ADMIN
   * (EPERM). What was opened closes its watches when it is closed.
   */
  watch(onChange: () => void): NftWatch;
  close(): void;
}

/** What requests alone do not do. */
export interface Bus {
  listen(groups: readonly number[]): Transport;
  close(): void;
}

/**
 * Opens less than openNftables, for programs whose size matters.
 * @throws NetlinkError as openNftables does.
 */
export async function openNftTables(options: { netns?: NetnsReference } = {}): Promise<NftTables> {
  const connection = new Connection(options.netns, netlinkProtocol.netfilter);
  return createNftTables(connection, connection);
}

/** The tables over whoever carries requests out. */
export function createNftTables(requests: Requests, bus: Bus): NftTables {
  const watches = new Set<NftWatch>();
  const close = (): void => {
    for (const watch of watches) watch.close();
    bus.close();
  };
  return {
    tables: { list: (filter) => listTables(requests, filter) },
    watch: (onChange) => {
      const inner = watchRuleset(bus.listen([nftablesGroup]), onChange);
      const one: NftWatch = {
        close: () => {
          watches.delete(one);
          inner.close();
        },
      };
      watches.add(one);
      return one;
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}

function listTables(requests: Requests, filter: NftFilter = {}): Promise<NftTable[]> {
  return list(requests, {
    what: 'tables',
    filter,
    request: nftMessage.getTable,
    answer: nftMessage.newTable,
    decode: decodeTable,
  });
}
