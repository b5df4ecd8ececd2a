import { listing } from '../dump.ts';
import type { Exchange } from '../exchange.ts';
import { command, concluded } from '../plan.ts';
import type { Answer, Command, Face, Program } from '../plan.ts';
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
export interface Routes<F extends Face = 'async'> {
  /** Filtered by the kernel. A table that does not exist is empty. */
  list(filter?: RouteFilter): Answer<F, Route[]>;
  /** @throws NetlinkError EEXIST, ENODEV, ENETUNREACH (gateway not on a link), ENETDOWN, EINVAL. */
  add(route: NewRoute): Answer<F, void>;
  /** Adds it beside those with the same destination, table and metric; the first one counts. */
  append(route: NewRoute): Answer<F, void>;
  /** Replaces the route with the same destination, table and metric. @throws NetlinkError ENOENT. */
  change(route: NewRoute): Answer<F, void>;
  /** Adds it, or replaces the route with the same destination, table and metric. */
  replace(route: NewRoute): Answer<F, void>;
  /** One route for a destination, metric and type of service in a table: this one. */
  ensure(route: NewRoute): Answer<F, Ensured>;
  remove(route: NewRoute): Answer<F, Removed>;
  /**
   * Asks the kernel which way a packet would go. `destination` of the answer is the address itself.
   * @throws NetlinkError ENETUNREACH (no route), EHOSTUNREACH (an unreachable route), EACCES
   * (prohibit), EINVAL (blackhole; a source that is not ours).
   */
  lookup(query: RouteLookup): Answer<F, Route>;
}

export function planRoutes(): Routes<'plan'> {
  const writer = new MessageWriter();
  const routes: Routes<'plan'> = {
    list: (filter = {}) => listFamilies(filter, (family) => listFamily(writer, family, filter)),
    add: (route) =>
      command(changing('adding route', route, encodeAddRoute(writer, route, 'exclusive'))),
    replace: (route) =>
      command(changing('replacing route', route, encodeAddRoute(writer, route, 'replace'))),
    append: (route) =>
      command(changing('appending route', route, encodeAddRoute(writer, route, 'append'))),
    change: (route) =>
      command(changing('changing route', route, encodeAddRoute(writer, route, 'change'))),
    remove: (route) =>
      removedOrAbsent(changing('removing route', route, encodeRemoveRoute(writer, route))),
    ensure: (route) => ensureRoute(routes, route),
    lookup: (query) => lookup(writer, query),
  };
  return routes;
}

function changing(what: string, route: NewRoute, message: Uint8Array): Exchange {
  return { message, until: 'ack', describe: () => `${what} ${say(route)}` };
}

function* listFamily(writer: MessageWriter, family: Family, filter: RouteFilter): Program<Route[]> {
  const { table } = filter;
  try {
    return yield* listing(() => ({
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

function lookup(writer: MessageWriter, query: RouteLookup): Command<Route> {
  const describe = (): string =>
    `looking up the route to ${query.to}${query.from === undefined ? '' : ` from ${query.from}`}`;
  let found: Route | undefined;
  const exchange: Exchange = {
    message: encodeLookupRoute(writer, query),
    until: 'answer',
    describe,
    onMessage: (type, view, start, end) => {
      if (type === rtm.newRoute) found = decodeRoute(view, start, end);
    },
  };
  return concluded(exchange, (refusal) => {
    if (refusal !== undefined) throw refusal;
    if (found !== undefined) return found;
    throw new NetlinkError(`${describe()}: the kernel's answer held no route`, {
      code: 'EBADMSG',
      errno: 0,
    });
  });
}

function say(route: NewRoute): string {
  const via = route.gateway === undefined ? '' : ` via ${route.gateway}`;
  const type = route.type === undefined || route.type === 'unicast' ? '' : `${String(route.type)} `;
  return `${type}${route.destination}${via} in table ${String(route.table ?? 254)}`;
}
