import { Connection } from './connection.ts';
import type { NetnsReference } from './network-namespace.ts';
import { createAddresses } from './rtnetlink/addresses.ts';
import type { Addresses } from './rtnetlink/addresses.ts';
import type { NetlinkEvent } from './rtnetlink/event.ts';
import { createLinks } from './rtnetlink/links.ts';
import type { Links } from './rtnetlink/links.ts';
import { createNeighbourTables } from './rtnetlink/neighbour-table.ts';
import type { NeighbourTables } from './rtnetlink/neighbour-table.ts';
import { createNeighbours } from './rtnetlink/neighbour.ts';
import type { Neighbours } from './rtnetlink/neighbour.ts';
import { createNetconfs } from './rtnetlink/netconf.ts';
import type { Netconfs } from './rtnetlink/netconf.ts';
import { createNextHops } from './rtnetlink/next-hops.ts';
import type { NextHops } from './rtnetlink/next-hops.ts';
import { createRoutes } from './rtnetlink/routes.ts';
import type { Routes } from './rtnetlink/routes.ts';
import { createRules } from './rtnetlink/rules.ts';
import type { Rules } from './rtnetlink/rules.ts';
import { watchTransport } from './rtnetlink/watch.ts';
import type { Watch } from './rtnetlink/watch.ts';
import { groups as groupNumbers } from './schema/rtnetlink.ts';

/** What can be watched. */
export type WatchGroup = keyof typeof groupNumbers;

/**
 * rtnetlink in one network namespace. Methods may be called in parallel; each carries out one request,
 * and rejects with a NetlinkError. What is rejected with `ECLOSED` or `ENOBUFS` may have been applied.
 * An idle Netlink does not keep the process alive; a watch does.
 */
export interface Netlink extends AsyncDisposable, Disposable {
  readonly links: Links;
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly rules: Rules;
  readonly neighbours: Neighbours;
  readonly neighbourTables: NeighbourTables;
  readonly nextHops: NextHops;
  readonly netconfs: Netconfs;
  /**
   * Tells what changes, over a socket of its own. The events begin with the next change: list once
   * after starting to watch. Closing the Netlink closes its watches.
   */
  watch(groups: readonly WatchGroup[], listener: (event: NetlinkEvent) => void): Watch;
  close(): void;
}

/**
 * Opens rtnetlink in the namespace given (object, path or descriptor), else in that of this process.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openNetlink(options: { netns?: NetnsReference } = {}): Promise<Netlink> {
  const connection = new Connection(options.netns);
  const watches = new Set<Watch>();
  const close = (): void => {
    for (const watch of watches) watch.close();
    connection.close();
  };
  return {
    links: createLinks(connection),
    addresses: createAddresses(connection),
    routes: createRoutes(connection),
    rules: createRules(connection),
    neighbours: createNeighbours(connection),
    neighbourTables: createNeighbourTables(connection),
    nextHops: createNextHops(connection),
    netconfs: createNetconfs(connection),
    watch: (groups, listener) => {
      const numbers = groups.flatMap((group) => groupNumbers[group]);
      const inner = watchTransport(connection.listen(numbers), listener);
      const watch: Watch = {
        close: () => {
          watches.delete(watch);
          inner.close();
        },
      };
      watches.add(watch);
      return watch;
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
