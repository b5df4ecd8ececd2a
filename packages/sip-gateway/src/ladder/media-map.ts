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

/**
 * Finds out by the session descriptions whose media a datagram is. What arrives at a tuple that R told S comes from S, from
 * wherever it comes; so it can be held against what S told R.
 */
export class MediaMap {
  readonly #names: HostNames;
  readonly #told = new Map<string, ToldTuple[]>();
  readonly #sightings = new Map<string, Map<string, Sighting>>();

  constructor(names: HostNames) {
    this.#names = names;
  }

  /** Takes in what a message tells. All messages first, then all media. */
  tell({ first, essentials: { callId }, streams }: SeenMessage): void {
    const teller = hostOf(this.#names, first.source);
    const toldTo = hostOf(this.#names, first.destination);
    for (const { index, rtp, rtcp } of streams) {
      for (const [component, { address, port }] of [
        ['rtp', rtp],
        ['rtcp', rtcp],
      ] as const) {
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
    const [arriving, leaving] = [this.#toldOf(destination), this.#toldOf(source)];
    const callId = callOf(arriving, leaving, atMs);
    for (const told of lastOf(arriving, callId)) {
      const { teller, toldTo, index, component } = told;
      this.#add({ callId: told.callId, from: toldTo, to: teller, index, component }, source, atMs);
    }
    for (const told of lastOf(leaving, callId)) {
      const { teller, toldTo, index, component } = told;
      this.#add({ callId: told.callId, from: teller, to: toldTo, index, component }, source, atMs);
    }
    return callId;
  }

  /** Where this media was seen to come from, in the order of first sight. */
  sightings(key: MediaKey): readonly Sighting[] {
    return [...(this.#sightings.get(keyText(key))?.values() ?? [])];
  }

  #toldOf(tuple: Tuple): readonly ToldTuple[] {
    return this.#told.get(tupleText(tuple)) ?? [];
  }

  #add(key: MediaKey, source: Tuple, atMs: number): void {
    const text = keyText(key);
    const sources = this.#sightings.get(text) ?? new Map<string, Sighting>();
    this.#sightings.set(text, sources);
    const seen = sources.get(tupleText(source));
    if (seen !== undefined) seen.lastAtMs = atMs;
    else if (sources.size < mostSources) {
      const host = hostOf(this.#names, source);
      sources.set(tupleText(source), { source, host, firstAtMs: atMs, lastAtMs: atMs });
    }
  }
}

const mostSources = 64;

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
