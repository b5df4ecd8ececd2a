import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorFromErrno, NetlinkError } from '../errors.ts';
import { errnoByName } from '../schema/errno.ts';
import { collectUncaught } from '../testing/uncaught.ts';
import type { NetlinkEvent } from './event.ts';
import { follow } from './follow.ts';
import type { FollowEvent } from './follow.ts';
import type { Route } from './route.ts';
import type { Rule } from './rule.ts';

/** A kernel with rules and routes, whose listings can be made to fail, or to hold still. */
class Source {
  readonly rulesThere: Rule[] = [];
  readonly routesThere: Route[] = [];
  /** What the next listings fail with, one each. */
  readonly failures: Error[] = [];
  listings = 0;
  isWatched = false;
  /** Called when a listing has found what it found, and has not given it yet. */
  onListed: () => void = () => undefined;
  #listener: (event: NetlinkEvent) => void = () => undefined;

  readonly rules = { list: () => this.#list(this.rulesThere) };
  readonly routes = { list: () => this.#list(this.routesThere) };
  readonly links = { list: () => this.#list<never>([]) };
  readonly addresses = { list: () => this.#list<never>([]) };
  readonly neighbours = { list: () => this.#list<never>([]) };

  watch(_kinds: readonly string[], listener: (event: NetlinkEvent) => void): { close(): void } {
    this.#listener = listener;
    this.isWatched = true;
    return { close: () => void (this.isWatched = false) };
  }

  tell(event: NetlinkEvent): void {
    this.#listener(event);
  }

  async #list<T>(things: readonly T[]): Promise<T[]> {
    this.listings++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const found = [...things];
    this.onListed();
    return found;
  }
}

const rule = (priority: number): Rule => ({
  family: 'ipv4',
  priority,
  action: 'table',
  table: 200,
  protocol: 188,
});

const route = (linkIndex: number): Route => ({
  family: 'ipv4',
  type: 'unicast',
  destination: '192.0.2.0/24',
  linkIndex,
  table: 200,
  protocol: 188,
  scope: 'link',
  flags: [],
});

const lost = (): NetlinkError => errorFromErrno('listing rules', errnoByName.ENOBUFS);

/** "failed ENOBUFS", "added 100" and the like. */
function said(events: readonly FollowEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'snapshot') return 'snapshot';
    if (event.kind === 'failed') {
      return `failed ${NetlinkError.is(event.error) ? event.error.code : event.error.message}`;
    }
    if (event.kind === 'rule') return `${event.change} ${String(event.thing.priority)}`;
    return `${event.change} a ${event.kind}`;
  });
}

describe('follow, when listing fails', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lists again until it succeeds, with pauses that grow, and tells what it had missed', async () => {
    const source = new Source();
    const events: FollowEvent[] = [];
    using following = await follow(source, ['rule'], (event) => events.push(event));
    source.failures.push(lost(), lost());
    source.rulesThere.push(rule(100));
    source.tell({ kind: 'overrun' });
    await vi.advanceTimersByTimeAsync(99);
    expect(source.listings).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(source.listings).toBe(3);
    await vi.advanceTimersByTimeAsync(199);
    expect(source.listings).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(said(events)).toEqual(['snapshot', 'failed ENOBUFS', 'failed ENOBUFS', 'added 100']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.listings).toBe(4);
    source.failures.push(lost());
    source.tell({ kind: 'overrun' });
    await vi.advanceTimersByTimeAsync(100);
    expect(source.listings).toBe(6); // the pause is the first one again
    expect(following.snapshot.rules).toEqual([rule(100)]);
  });

  it('lists all that it has not listed yet, and takes what was told meanwhile', async () => {
    const source = new Source();
    const events: FollowEvent[] = [];
    using following = await follow(source, ['rule', 'route'], (event) => events.push(event));
    source.failures.push(lost());
    source.routesThere.push(route(3));
    source.tell({ kind: 'overrun' });
    source.tell({ kind: 'rule', change: 'new', rule: rule(101) });
    source.rulesThere.push(rule(101));
    await vi.advanceTimersByTimeAsync(100);
    expect(said(events)).toEqual(['snapshot', 'failed ENOBUFS', 'added 101', 'added a route']);
    expect(following.snapshot.routes).toEqual([route(3)]);
  });

  it.each(['close', 'ECLOSED'])('ends: %s', async (how) => {
    const source = new Source();
    const events: FollowEvent[] = [];
    using following = await follow(source, ['rule'], (event) => events.push(event));
    const closed = new NetlinkError('closed', { code: 'ECLOSED', errno: 0 });
    source.failures.push(how === 'ECLOSED' ? closed : lost());
    source.tell({ kind: 'overrun' });
    await vi.advanceTimersByTimeAsync(0);
    if (how === 'close') following.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source).toMatchObject({ listings: 2, isWatched: false });
    expect(vi.getTimerCount()).toBe(0);
    expect(said(events)).toEqual([
      'snapshot',
      how === 'close' ? 'failed ENOBUFS' : 'failed ECLOSED',
    ]);
  });

  it('lists again after an event that could not be read', async () => {
    const source = new Source();
    const events: FollowEvent[] = [];
    using following = await follow(source, ['rule'], (event) => events.push(event));
    source.rulesThere.push(rule(100));
    source.tell({ kind: 'failed', error: new Error('unreadable') });
    await vi.advanceTimersByTimeAsync(0);
    expect(said(events)).toEqual(['snapshot', 'failed unreadable', 'added 100']);
    expect(following.snapshot.rules).toEqual([rule(100)]);
  });
});

describe('follow', () => {
  it('what the listener throws is an uncaught exception, and nothing is kept back for it', async () => {
    const source = new Source();
    const events: FollowEvent[] = [];
    using uncaught = collectUncaught();
    using following = await follow(source, ['rule'], (event) => {
      events.push(event);
      throw new Error(`of event ${String(events.length)}`);
    });
    source.rulesThere.push(rule(100), rule(101));
    source.tell({ kind: 'overrun' });
    await vi.waitFor(() => expect(events).toHaveLength(3));
    source.tell({ kind: 'rule', change: 'removed', rule: rule(100) });
    await vi.waitFor(() => expect(uncaught.messages).toHaveLength(4));
    expect(said(events)).toEqual(['snapshot', 'added 100', 'added 101', 'removed 100']);
    expect(following.snapshot.rules).toEqual([rule(101)]);
    expect(uncaught.messages).toEqual([1, 2, 3, 4].map((event) => `of event ${String(event)}`));
  });

  it('a route that took the place of another while the first list was made is told alone', async () => {
    const source = new Source();
    source.routesThere.push(route(3));
    source.onListed = () => {
      source.onListed = () => undefined;
      source.routesThere.splice(0, 1, route(4));
      source.tell({ kind: 'route', change: 'new', route: route(4) });
    };
    const events: FollowEvent[] = [];
    using following = await follow(source, ['route'], (event) => events.push(event));
    expect(events).toEqual([{ kind: 'snapshot', snapshot: following.snapshot }]);
    expect(following.snapshot.routes).toEqual([route(4)]);
  });
});
