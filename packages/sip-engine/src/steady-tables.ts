import { SteadyMap } from './dialog/steady-map.ts';

/** What drachtio-srf 5.0.29 has in it and does not declare. */
interface SrfInside {
  _dialogs?: unknown;
  /** There once it listens or connects. */
  readonly app?: { readonly client?: { mapServer?: unknown } };
}

/**
 * For an application that has called `listen` or `connect` of its drachtio-srf, before the first call: puts tables of the same entries
 * that V8 does not replace every few dozen in the place of those where drachtio-srf keeps what is under way. What has gone from a
 * replaced table counts as used until the next full collection of garbage, and with it messages, requests and dialogs: of a call through
 * createB2BUA 15 KB, which every collection before that one carries about.
 *
 * Each table does what a Map does. A drachtio-srf that is made otherwise is left as it is.
 *
 * @param srf an `Srf` of drachtio-srf
 */
export function steadyTables(srf: object): void {
  const inside = srf as SrfInside;
  replaceTables(inside);
  const client = inside.app?.client;
  if (client?.mapServer instanceof Map) client.mapServer = new Connections(client.mapServer);
}

/** Of each connection its tables. */
class Connections extends Map<unknown, unknown> {
  override set(connection: unknown, tables: unknown): this {
    if (typeof tables === 'object' && tables !== null) replaceTables(tables);
    return super.set(connection, tables);
  }
}

function replaceTables(holder: object): void {
  for (const [name, table] of Object.entries(holder)) {
    if (table instanceof Map && !(table instanceof SteadyMap)) {
      Object.assign(holder, { [name]: new SteadyMap<unknown, unknown>(table) });
    }
  }
}
