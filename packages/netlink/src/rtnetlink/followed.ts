import type { Address } from './address.ts';
import type { Change } from './event.ts';
import type { Link } from './link.ts';
import type { Neighbour } from './neighbour.ts';
import type { Route } from './route.ts';
import type { Rule } from './rule.ts';

/** What can be followed, and how one is told from another. */
export interface FollowedThings {
  readonly link: Link;
  readonly address: Address;
  readonly route: Route;
  readonly rule: Rule;
  readonly neighbour: Neighbour;
}

/** What can be followed: links, addresses, routes, rules and the rest, each by its list. */
export type FollowedKind = keyof FollowedThings;

/** One difference between what was there and what is there. */
export interface FollowedChange<K extends FollowedKind = FollowedKind> {
  readonly change: 'added' | 'changed' | 'removed';
  readonly thing: FollowedThings[K];
}

/** Between a route's place and its way; no address, number or name holds it. */
const wayMark = '\n';
const keys: { readonly [K in FollowedKind]: (thing: FollowedThings[K]) => string } = {
  link: ({ index }) => String(index),
  address: ({ linkIndex, address, peer }) => `${String(linkIndex)} ${address} ${peer ?? ''}`,
  route: (route) => `${routeKey(route)}${wayMark}${routeWay(route)}`,
  rule: ({ unknownAttributes: _unknown, ...rule }) => JSON.stringify(rule),
  neighbour: ({ linkIndex, address, proxy }) =>
    `${String(linkIndex)} ${address} ${proxy === true ? 'proxy' : ''}`,
};

/** What the kernel lets replace each other (see `ensureRoute`). */
function routeKey(route: Route): string {
  const { family, table, destination, source, metric, typeOfService } = route;
  return JSON.stringify([family, table, destination, source, metric, typeOfService]);
}

function routeWay({ type, gateway, linkIndex, nextHops, nextHopId }: Route): string {
  return JSON.stringify([type, gateway, linkIndex, nextHops, nextHopId]);
}

/** All things of one kind that are there, as far as is known. */
export class Followed<K extends FollowedKind> {
  readonly #kind: K;
  #things = new Map<string, FollowedThings[K]>();
  /** Keys of what takes each other's place. */
  #places = new Map<string, Set<string>>();

  constructor(kind: K) {
    this.#kind = kind;
  }

  get all(): readonly FollowedThings[K][] {
    return [...this.#things.values()];
  }

  /** Takes one event of the kernel; undefined when it changes nothing. */
  take(change: Change, thing: FollowedThings[K]): FollowedChange<K> | undefined {
    const key = keys[this.#kind](thing);
    const before = this.#things.get(key);
    if (change === 'removed') {
      this.#places.get(placeOf(key))?.delete(key);
      return this.#things.delete(key) ? { change: 'removed', thing } : undefined;
    }
    this.#things.set(key, thing);
    enter(this.#places, key);
    if (before === undefined) return { change: 'added', thing };
    return isEqual(before, thing) ? undefined : { change: 'changed', thing };
  }

  /**
   * Whether something else stands in the same place: a route that comes in the place of another (same destination, table and metric)
   * takes it away without a word.
   */
  isShared(thing: FollowedThings[K]): boolean {
    const key = keys[this.#kind](thing);
    const there = this.#places.get(placeOf(key));
    return there !== undefined && there.size > (there.has(key) ? 1 : 0);
  }

  /** Takes a whole list; gives what differs from before, what is gone first. */
  takeAll(things: readonly FollowedThings[K][]): readonly FollowedChange<K>[] {
    const now = new Map(things.map((thing) => [keys[this.#kind](thing), thing]));
    const before = this.#things;
    this.#things = now;
    this.#places = new Map();
    for (const key of now.keys()) enter(this.#places, key);
    const changes: FollowedChange<K>[] = [];
    for (const [key, thing] of before)
      if (!now.has(key)) changes.push({ change: 'removed', thing });
    for (const [key, thing] of now) {
      const old = before.get(key);
      if (old === undefined) changes.push({ change: 'added', thing });
      else if (!isEqual(old, thing)) changes.push({ change: 'changed', thing });
    }
    return changes;
  }
}

/** Enters a key at its place; places of nobody are dropped with the next whole list. */
function enter(places: Map<string, Set<string>>, key: string): void {
  const place = placeOf(key);
  const there = places.get(place);
  if (there === undefined) places.set(place, new Set([key]));
  else there.add(key);
}

/** A key's part before its way, see `keys`. */
function placeOf(key: string): string {
  const way = key.indexOf(wayMark);
  return way < 0 ? key : key.slice(0, way);
}

/** Counters change all the time, and are no change. */
function isEqual(a: object, b: object): boolean {
  return text(a) === text(b);
}

function text(thing: object): string {
  return JSON.stringify(thing, (name, value: unknown) =>
    name === 'statistics' || name === 'unknownAttributes' ? undefined : value,
  );
}
