import { NetlinkError } from '../errors.ts';
import type { Addresses } from './addresses.ts';
import type { NetlinkEvent } from './event.ts';
import { Followed } from './followed.ts';
import type { FollowedChange, FollowedKind, FollowedThings } from './followed.ts';
import type { Links } from './links.ts';
import type { Neighbours } from './neighbour.ts';
import type { Routes } from './routes.ts';
import type { Rules } from './rules.ts';
import { tell } from './tell.ts';
import type { Watch } from './watch.ts';

/** What a follower is told. */
export type FollowEvent =
  /** All that is there; the first event. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { [K in FollowedKind]: { readonly kind: K } & FollowedChange<K> }[FollowedKind]
  /**
   * The kernel's events could not be read, or listing again failed: what is known may be old. It is listed again, after a failed
   * listing with a pause that doubles from 0.1 s up to 10 s. `ECLOSED`: the netlink is closed, and this is the last event.
   */
  | { readonly kind: 'failed'; readonly error: Error };

/** What is there, by kind; empty for what is not followed. */
export interface Snapshot {
  readonly links: readonly FollowedThings['link'][];
  readonly addresses: readonly FollowedThings['address'][];
  readonly routes: readonly FollowedThings['route'][];
  readonly rules: readonly FollowedThings['rule'][];
  readonly neighbours: readonly FollowedThings['neighbour'][];
}

/** Ends a follow; `snapshot` is what is there now, as far as is known. */
export interface Follow extends Disposable {
  readonly snapshot: Snapshot;
  close(): void;
}

interface Source {
  readonly links: Pick<Links, 'list'>;
  readonly addresses: Pick<Addresses, 'list'>;
  readonly routes: Pick<Routes, 'list'>;
  readonly rules: Pick<Rules, 'list'>;
  readonly neighbours: Pick<Neighbours, 'list'>;
  watch(groups: readonly FollowedKind[], listener: (event: NetlinkEvent) => void): Watch;
}
type KernelEvent = Extract<NetlinkEvent, { readonly kind: FollowedKind }>;

const firstPauseMs = 100;
const longestPauseMs = 10_000;

/**
 * Tells all that is there, then each change, in order. What the listener throws is an uncaught exception, and the next event is told all
 * the same. It lists again where the kernel is silent: after lost events, and the routes
 * after a link went or an address went, because routes go with them without a word (tables other than 254 and 255).
 */
export async function follow(
  source: Source,
  kinds: readonly FollowedKind[],
  listener: (event: FollowEvent) => void,
): Promise<Follow> {
  const follower = new Follower(source, kinds, listener);
  await follower.start();
  return follower;
}

class Follower implements Follow {
  readonly #source: Source;
  readonly #kinds: ReadonlySet<FollowedKind>;
  readonly #listener: (event: FollowEvent) => void;
  readonly #followed = {
    link: new Followed('link'),
    address: new Followed('address'),
    route: new Followed('route'),
    rule: new Followed('rule'),
    neighbour: new Followed('neighbour'),
  };
  /** Kinds that have to be listed again. */
  readonly #stale = new Set<FollowedKind>();
  /** What the kernel told while we listed: it may be older or newer than the list. */
  readonly #waiting: KernelEvent[] = [];
  #watch: Watch | undefined;
  #isListing = false;
  /** Until the next attempt, while listing fails. */
  #pause: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = firstPauseMs;
  #hasStarted = false;
  #open = true;

  constructor(
    source: Source,
    kinds: readonly FollowedKind[],
    listener: (event: FollowEvent) => void,
  ) {
    this.#source = source;
    this.#kinds = new Set(kinds);
    this.#listener = listener;
  }

  get snapshot(): Snapshot {
    const { link, address, route, rule, neighbour } = this.#followed;
    return {
      links: link.all,
      addresses: address.all,
      routes: route.all,
      rules: rule.all,
      neighbours: neighbour.all,
    };
  }

  /** @throws NetlinkError when the first listing fails. */
  async start(): Promise<void> {
    // routes go with links and addresses
    const also: readonly FollowedKind[] = this.#kinds.has('route') ? ['link', 'address'] : [];
    const groups = [...new Set([...this.#kinds, ...also])];
    this.#watch = this.#source.watch(groups, (event) => this.#hear(event));
    try {
      for (const kind of this.#kinds) this.#stale.add(kind);
      await this.#list();
      if (this.#stale.size > 0) await this.#list();
    } catch (error) {
      this.close();
      throw error;
    }
    this.#hasStarted = true;
    this.#tell({ kind: 'snapshot', snapshot: this.snapshot });
    this.#listAgain();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#pause);
    this.#watch?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #hear(event: NetlinkEvent): void {
    if (event.kind === 'overrun' || event.kind === 'failed') {
      for (const kind of this.#kinds) this.#stale.add(kind);
      if (event.kind === 'failed') this.#tell(event);
    } else if (isFollowed(event)) {
      if (takesRoutes(event)) this.#makeStale('route');
      if (!this.#isListing && this.#hasStarted) this.#take(event);
      else this.#waiting.push(event);
    }
    this.#listAgain();
  }

  #makeStale(kind: FollowedKind): void {
    if (this.#kinds.has(kind)) this.#stale.add(kind);
  }

  #take(event: KernelEvent): void {
    const change = this.#taken(event);
    if (change !== undefined) this.#tellChange(event.kind, change);
  }

  #taken(event: KernelEvent): FollowedChange | undefined {
    if (!this.#kinds.has(event.kind)) return undefined;
    const { link, address, route, rule, neighbour } = this.#followed;
    switch (event.kind) {
      case 'link':
        return link.take(event.change, event.link);
      case 'address':
        return address.take(event.change, event.address);
      case 'route':
        if (event.change === 'new' && route.isShared(event.route)) this.#makeStale('route');
        return route.take(event.change, event.route);
      case 'rule':
        return rule.take(event.change, event.rule);
      case 'neighbour':
        return neighbour.take(event.change, event.neighbour);
      default:
        return event satisfies never;
    }
  }

  #listAgain(): void {
    if (!this.#open || !this.#hasStarted || this.#stale.size === 0) return;
    if (this.#isListing || this.#pause !== undefined) return;
    this.#isListing = true;
    void this.#relist();
  }

  async #relist(): Promise<void> {
    try {
      await this.#list();
      this.#pauseMs = firstPauseMs;
    } catch (error) {
      this.#failed(error as Error);
    }
    this.#isListing = false;
    for (const event of this.#waiting.splice(0)) this.#take(event);
    this.#listAgain();
  }

  #failed(error: Error): void {
    this.#tell({ kind: 'failed', error });
    if (NetlinkError.is(error) && error.code === 'ECLOSED') this.close();
    if (!this.#open) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#listAgain();
    }, this.#pauseMs);
    // the watch is what keeps the process alive
    this.#pause.unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  /**
   * Lists what is stale, which it stays when that fails. Events that came meanwhile are taken afterwards: for each thing the last word
   * counts.
   */
  async #list(): Promise<void> {
    const kinds = [...this.#stale];
    for (const kind of kinds) {
      if (!this.#open) return;
      this.#stale.delete(kind);
      const changes = await this.#listed(kind).catch((error: unknown) => {
        this.#stale.add(kind);
        throw error;
      });
      if (this.#hasStarted) for (const change of changes) this.#tellChange(kind, change);
    }
    if (!this.#hasStarted) for (const event of this.#waiting.splice(0)) this.#taken(event);
  }

  async #listed(kind: FollowedKind): Promise<readonly FollowedChange[]> {
    const { link, address, route, rule, neighbour } = this.#followed;
    switch (kind) {
      case 'link':
        return link.takeAll(await this.#source.links.list());
      case 'address':
        return address.takeAll(await this.#source.addresses.list());
      case 'route':
        return route.takeAll(await this.#source.routes.list());
      case 'rule':
        return rule.takeAll(await this.#source.rules.list());
      case 'neighbour':
        return neighbour.takeAll([
          ...(await this.#source.neighbours.list()),
          ...(await this.#source.neighbours.list({ proxy: true })),
        ]);
      default:
        return kind satisfies never;
    }
  }

  /** Kind and thing belong together: both are of one table. */
  #tellChange(kind: FollowedKind, { change, thing }: FollowedChange): void {
    this.#tell({ kind, change, thing } as FollowEvent);
  }

  #tell(event: FollowEvent): void {
    if (this.#open) tell(this.#listener, event);
  }
}

function isFollowed(event: NetlinkEvent): event is KernelEvent {
  return event.kind !== 'next-hop' && event.kind !== 'netconf' && 'change' in event;
}

/** A link that is down, or gone, or an address that is gone, has taken its routes with it. */
function takesRoutes(event: KernelEvent): boolean {
  if (event.kind === 'link') return event.change === 'removed' || !event.link.up;
  return event.kind === 'address' && event.change === 'removed';
}
