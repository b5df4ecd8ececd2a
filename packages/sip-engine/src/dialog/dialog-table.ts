import { dialogKey } from './dialog.ts';
import { wasHeard } from './heard-provisionals.ts';
import type { LiveDialog } from './live-dialog.ts';
import type { Rack } from './rack.ts';
import { SteadyMap } from './steady-map.ts';

/** Every dialog of an engine, found by Call-ID and tags, or by the name that applications use. */
export class DialogTable<A> {
  /** Runs each time the last dialog is gone. */
  onEmpty: () => void = () => undefined;
  /** Runs for each dialog that is gone. */
  onRemoved: (live: LiveDialog<A>) => void = () => undefined;
  readonly #byKey: SteadyMap<string, LiveDialog<A>> = new SteadyMap<string, LiveDialog<A>>();
  readonly #byName: SteadyMap<string, Set<LiveDialog<A>>> = new SteadyMap<
    string,
    Set<LiveDialog<A>>
  >();
  #turns = 0;

  get size(): number {
    return this.#byKey.size;
  }

  get timerCount(): number {
    let count = 0;
    for (const live of this.#byKey.values()) count += live.timerCount;
    return count;
  }

  all(): LiveDialog<A>[] {
    return [...this.#byKey.values()];
  }

  add(live: LiveDialog<A>): void {
    this.#byKey.set(live.key, live);
    const named = this.#byName.get(live.name) ?? new Set<LiveDialog<A>>();
    named.add(live);
    this.#byName.set(live.name, named);
  }

  has(live: LiveDialog<A>): boolean {
    return this.#byKey.get(live.key) === live;
  }

  /** The dialog of a message; local and remote as seen from here. */
  find(callId: string, localTag: string, remoteTag: string): LiveDialog<A> | undefined {
    return this.#byKey.get(dialogKey(callId, localTag, remoteTag));
  }

  /**
   * The dialog with this name. Forks share one name: the confirmed one is meant, or else the early one that was
   * heard of last.
   */
  named(name: string): LiveDialog<A> | undefined {
    const all = [...(this.#byName.get(name) ?? [])];
    return all.find(({ value }) => value.state === 'confirmed') ?? all.at(-1);
  }

  /**
   * A provisional response of this dialog came: of its forks it is the one heard of last.
   * @returns a number that grows with each
   */
  hear(live: LiveDialog<A>): number {
    const named = this.#byName.get(live.name);
    if (named?.delete(live) === true) named.add(live);
    this.#turns += 1;
    return this.#turns;
  }

  /**
   * The dialog whose reliable provisional response a PRACK acknowledges. Forks may say the same RSeq: the one that waits
   * longest is meant, or else (a PRACK again, with credentials) the one heard of last.
   */
  heardBy(name: string, rack: Rack): LiveDialog<A> | undefined {
    const heard = [...(this.#byName.get(name) ?? [])].filter((live) => wasHeard(live.heard, rack));
    const due = heard.filter((live) => (live.heard?.acknowledged ?? 0) < rack.rseq);
    const [first] = due.toSorted((a, b) => (a.heard?.turn ?? 0) - (b.heard?.turn ?? 0));
    return first ?? heard.at(-1);
  }

  /** A confirmed dialog with this Call-ID that belongs to this application. */
  ofCall(callId: string, app: A): LiveDialog<A> | undefined {
    return this.all().find(
      (live) =>
        live.value.callId === callId && live.value.state === 'confirmed' && live.app === app,
    );
  }

  /** Ends a dialog and forgets it. */
  remove(live: LiveDialog<A>): void {
    if (this.#byKey.get(live.key) !== live) return;
    this.#byKey.delete(live.key);
    const named = this.#byName.get(live.name);
    named?.delete(live);
    if (named?.size === 0) this.#byName.delete(live.name);
    live.end();
    this.onRemoved(live);
    if (this.size === 0) this.onEmpty();
  }
}
