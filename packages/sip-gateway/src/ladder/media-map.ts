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
    const arriving = this.#current(destination, atMs);
    for (const { callId, teller, toldTo, index, component } of arriving) {
      this.#add({ callId, from: toldTo, to: teller, index, component }, source, atMs);
    }
    const leaving = this.#current(source, atMs);
    for (const { callId, teller, toldTo, index, component } of leaving) {
      this.#add({ callId, from: teller, to: toldTo, index, component }, source, atMs);
    }
    return (arriving.at(-1) ?? leaving.at(-1))?.callId;
  }

  /** Where this media was seen to come from, in the order of first sight. */
  sightings(key: MediaKey): readonly Sighting[] {
    return [...(this.#sightings.get(keyText(key))?.values() ?? [])];
  }

  /** Who told it in the call that has it then: a port is used by one call after the other. */
  #current(tuple: Tuple, atMs: number): readonly ToldTuple[] {
    const told = this.#told.get(tupleText(tuple)) ?? [];
    const newest = told.findLast((each) => each.atMs <= atMs) ?? told[0];
    // a proxy passes it on: the same call, from and to others
    const ends = new Map<string, ToldTuple>();
    for (const each of told) {
      if (each.callId === newest?.callId) ends.set(`${each.teller} ${each.toldTo}`, each);
    }
    return [...ends.values()];
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

function keyText({ callId, from, to, index, component }: MediaKey): string {
  return JSON.stringify([callId, from, to, index, component]);
}
