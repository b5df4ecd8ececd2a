import { tupleText, type Tuple } from '@truetuple/sip-engine';
import type { CapturedDatagram } from './captured-datagram.ts';
import { canonicalAddress, hostOf, type HostNames } from './host.ts';
import type { SeenMessage } from './seen-message.ts';

/** Which media: from whom to whom, in which stream of which leg. */
export interface MediaKey {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly index: number;
  readonly component: 'rtp' | 'rtcp';
}

/** A tuple that somebody told as its own for media. */
interface ToldTuple {
  readonly callId: string;
  readonly teller: string;
  readonly toldTo: string;
  readonly index: number;
  readonly component: 'rtp' | 'rtcp';
  readonly atMs: number;
}

/** A source of media that was seen. */
export interface Sighting {
  readonly source: Tuple;
  readonly host: string;
  readonly firstAtMs: number;
  lastAtMs: number;
}

/** Whose media passes between two tuples, as long as nobody tells anything new of either. */
interface Path {
  readonly callId: string | undefined;
  readonly untilMs: number;
  readonly sightings: readonly Sighting[];
}

/**
 * Finds out by the session descriptions whose media a datagram is. What arrives at a tuple that R told S comes from S, from
 * wherever it comes; so it can be held against what S told R.
 */
export class MediaMap {
  readonly #names: HostNames;
  readonly #told = new Map<string, ToldTuple[]>();
  readonly #paths = new Map<string, Path>();
  readonly #sightings = new Map<string, Map<string, Sighting>>();

  constructor(names: HostNames) {
    this.#names = names;
  }

  /** Takes in what a message tells. All messages first, then all media; each in the order of time. */
  tell({ first, essentials: { callId }, streams }: SeenMessage): void {
    const teller = hostOf(this.#names, first.source);
    const toldTo = hostOf(this.#names, first.destination);
    for (const { index, rtp, rtcp } of streams) {
      const components = [
        ['rtp', rtp],
        ['rtcp', rtcp],
      ] as const;
      for (const [component, { address, port }] of components) {
        const told: ToldTuple = { callId, teller, toldTo, index, component, atMs: first.atMs };
        const text = tupleText({ address: canonicalAddress(address), port });
        const all = this.#told.get(text) ?? [];
        this.#told.set(text, all);
        all.push(told);
      }
    }
  }

  /** The leg that the datagram belongs to; undefined when no leg knows its tuples. */
  see({ atMs, source, destination }: CapturedDatagram): string | undefined {
    const ends = `${tupleText(source)} ${tupleText(destination)}`;
    const known = this.#paths.get(ends);
    const path =
      known !== undefined && atMs < known.untilMs ? known : this.#path(source, destination, atMs);
    if (path !== known) this.#paths.set(ends, path);
    for (const sighting of path.sightings) sighting.lastAtMs = atMs;
    return path.callId;
  }

  /** Where this media was seen to come from, in the order of first sight. */
  sightings(key: MediaKey): readonly Sighting[] {
    return [...(this.#sightings.get(keyText(key))?.values() ?? [])];
  }

  #path(source: Tuple, destination: Tuple, atMs: number): Path {
    const [arriving, leaving] = [destination, source].map((tuple) => this.#toldOf(tuple, atMs));
    const untilMs = Math.min(arriving?.untilMs ?? Infinity, leaving?.untilMs ?? Infinity);
    const callId = callOf(arriving?.told ?? [], leaving?.told ?? [], atMs);
    const keys: readonly MediaKey[] = [
      ...lastOf(arriving?.told ?? [], callId).map((told) => mediaKey(told, 'towards')),
      ...lastOf(leaving?.told ?? [], callId).map((told) => mediaKey(told, 'from')),
    ];
    const sightings = keys.flatMap((key) => this.#sighting(key, source, atMs) ?? []);
    return { callId, untilMs, sightings };
  }

  /** What was told of this tuple lately, or else first; and until when nothing more is. */
  #toldOf(
    tuple: Tuple,
    atMs: number,
  ): { readonly told: readonly ToldTuple[]; readonly untilMs: number } {
    const all = this.#told.get(tupleText(tuple)) ?? [];
    const begun = countUntil(all, atMs);
    const told = begun === 0 ? all.slice(0, 1) : all.slice(Math.max(0, begun - mostRecent), begun);
    return { told, untilMs: all[begun]?.atMs ?? Infinity };
  }

  #sighting(key: MediaKey, source: Tuple, atMs: number): Sighting | undefined {
    const text = keyText(key);
    const sources = this.#sightings.get(text) ?? new Map<string, Sighting>();
    this.#sightings.set(text, sources);
    const seen = sources.get(tupleText(source));
    if (seen !== undefined || sources.size >= mostSources) return seen;
    const host = hostOf(this.#names, source);
    const first: Sighting = { source, host, firstAtMs: atMs, lastAtMs: atMs };
    sources.set(tupleText(source), first);
    return first;
  }
}

const mostSources = 64;
/** Calls at one time that tell the same tuple. */
const mostRecent = 128;

/** How many were told by then; they are in the order of time. */
function countUntil(told: readonly ToldTuple[], atMs: number): number {
  let [low, high] = [0, told.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((told[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What arrives at a tuple is of whom it was told; what leaves it, of who told it. */
function mediaKey(
  { callId, teller, toldTo, index, component }: ToldTuple,
  way: 'towards' | 'from',
): MediaKey {
  const [from, to] = way === 'towards' ? [toldTo, teller] : [teller, toldTo];
  return { callId, from, to, index, component };
}

/**
 * The call of a datagram: one that knows both its tuples before one that knows where it goes, and that before one that knows
 * where it comes from. A port is used by one call after the other: the newest that has begun, or else the first.
 */
function callOf(
  arriving: readonly ToldTuple[],
  leaving: readonly ToldTuple[],
  atMs: number,
): string | undefined {
  const from = new Set(leaving.map(({ callId }) => callId));
  const both = arriving.filter(({ callId }) => from.has(callId));
  const told = [both, arriving, leaving].find(({ length }) => length > 0) ?? [];
  return (told.findLast((each) => each.atMs <= atMs) ?? told[0])?.callId;
}

/** What was told in that call, once for each two hosts: a proxy passes it on from and to others. */
function lastOf(told: readonly ToldTuple[], callId: string | undefined): readonly ToldTuple[] {
  const ends = new Map<string, ToldTuple>();
  for (const each of told) {
    if (each.callId === callId) ends.set(`${each.teller} ${each.toldTo}`, each);
  }
  return [...ends.values()];
}

function keyText({ callId, from, to, index, component }: MediaKey): string {
  return JSON.stringify([callId, from, to, index, component]);
}
