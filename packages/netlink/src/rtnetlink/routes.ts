import { dump } from '../dump.ts';
import type { Requests } from '../requests.ts';
import { NetlinkError } from '../errors.ts';
import { routeFlag, rtm } from '../schema/rtnetlink.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeRoute } from './decode-route.ts';
import {
  encodeAddRoute,
  encodeListRoutes,
  encodeLookupRoute,
  encodeRemoveRoute,
} from './encode-route.ts';
import { ensureRoute } from './ensure-route.ts';
import { listFamilies } from './family.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import type { NewRoute, Route, RouteFilter, RouteLookup } from './route.ts';

/** The routes of a network namespace. */
export interface Routes {
  /** Filtered by the kernel. A table that does not exist is empty. */
  list(filter?: RouteFilter): Promise<Route[]>;
  /** @throws NetlinkError EEXIST, ENODEV, ENETUNREACH (gateway not on a link), ENETDOWN, EINVAL. */
  add(route: NewRoute): Promise<void>;
  /** Adds it beside those with the same destination, table and metric; the first one counts. */
  append(route: NewRoute): Promise<void>;
  /** Replaces the route with the same destination, table and metric. @throws NetlinkError ENOENT. */
  change(route: NewRoute): Promise<void>;
  /** Adds it, or replaces the route with the same destination, table and metric. */
  replace(route: NewRoute): Promise<void>;
  /** One route for a destination, metric and type of service in a table: this one. */
  ensure(route: NewRoute): Promise<Ensured>;
  remove(route: NewRoute): Promise<Removed>;
  /**
   * Asks the kernel which way a packet would go. `destination` of the answer is the address itself.
   * @throws NetlinkError ENETUNREACH (no route), EHOSTUNREACH (an unreachable route), EACCES
   * (prohibit), EINVAL (blackhole; a source that is not ours).
   */
  lookup(query: RouteLookup): Promise<Route>;
}

export function createRoutes(requests: Requests): Routes {
  const writer = new MessageWriter();
  const change = async (what: string, route: NewRoute, message: Uint8Array): Promise<void> => {
    await requests.run({ message, until: 'ack', describe: () => `${what} ${say(route)}` });
  };
  const routes: Routes = {
    list: (filter = {}) =>
      listFamilies(filter, (family) => listFamily(requests, writer, family, filter)),
    add: async (route) => {
      await change('adding route', route, encodeAddRoute(writer, route, 'exclusive'));
    },
    replace: async (route) => {
      await change('replacing route', route, encodeAddRoute(writer, route, 'replace'));
    },
    append: async (route) => {
      await change('appending route', route, encodeAddRoute(writer, route, 'append'));
    },
    change: async (route) => {
      await change('changing route', route, encodeAddRoute(writer, route, 'change'));
    },
    remove: (route) =>
      removedOrAbsent(change('removing route', route, encodeRemoveRoute(writer, route))),
    ensure: (route) => ensureRoute(routes, route),
    lookup: (query) => lookup(requests, writer, query),
  };
  return routes;
}

async function listFamily(
  requests: Requests,
  writer: MessageWriter,
  family: Family,
  filter: RouteFilter,
): Promise<Route[]> {
  const { table } = filter;
  try {
    return await dump(requests, () => ({
      message: encodeListRoutes(writer, family, filter),
      describe: () =>
        `listing ${family} routes${table === undefined ? '' : ` of table ${String(table)}`}`,
      decode: (type, view, start, end) => {
        if (type !== rtm.newRoute || isCached(view, start, end)) return undefined;
        const route = decodeRoute(view, start, end);
        // A kernel without this family answers with every family it has.
        return route?.family === family ? route : undefined;
      },
    }));
  } catch (error) {
    if (table !== undefined && NetlinkError.is(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** RTM_F_CLONED: an entry of the cache, not of the table. */
function isCached(view: DataView, start: number, end: number): boolean {
  return (
    start + 12 <= end && (view.getUint32(start + 8, hostIsLittleEndian) & routeFlag.cloned) !== 0
  );
}

async function lookup(
  requests: Requests,
  writer: MessageWriter,
  query: RouteLookup,
): Promise<Route> {
  const describe = (): string =>
    `looking up the route to ${query.to}${query.from === undefined ? '' : ` from ${query.from}`}`;
  let found: Route | undefined;
  await requests.run({
    message: encodeLookupRoute(writer, query),
    until: 'answer',
    describe,
    onMessage: (type, view, start, end) => {
      if (type === rtm.newRoute) found = decodeRoute(view, start, end);
    },
  });
  if (found !== undefined) return found;
  throw new NetlinkError(`${describe()}: the kernel's answer held no route`, {
    code: 'EBADMSG',
    errno: 0,
  });
}

function say(route: NewRoute): string {
  const via = route.gateway === undefined ? '' : ` via ${route.gateway}`;
  const type = route.type === undefined || route.type === 'unicast' ? '' : `${String(route.type)} `;
  return `${type}${route.destination}${via} in table ${String(route.table ?? 254)}`;
}
