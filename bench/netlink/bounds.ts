import { percentile, sum } from '../identity/percentile.ts';
import type { Taken } from './measure.ts';
import { base, ipBatch } from './sides.ts';

/** Everything that was measured. */
export interface Figures {
  readonly warm: readonly Taken[];
  readonly fresh: readonly Taken[];
  readonly listing: readonly Taken[];
  readonly firstListing: readonly Taken[];
}

/** One bound: what was found beside what is wanted. */
export interface Verdict {
  readonly text: string;
  readonly found: number;
  readonly holds: boolean;
}

/** The median, over the rounds, of what a peer took in each over what this took. */
export function ratioTo(peer: Taken | undefined, { rounds }: Taken): number {
  return percentile(
    rounds.map((round, index) => sum(peer?.rounds[index] ?? []) / sum(round)),
    50,
  );
}

export function named(all: readonly Taken[], name: string): Taken | undefined {
  return all.find(({ side }) => side.name === name);
}

/** What has to hold. */
export function judge({ warm, fresh, listing, firstListing }: Figures): readonly Verdict[] {
  const face = 'async, in one turn';
  return [
    atLeast(warm, 'batch', base, 1.1, 'warm'),
    atLeast(warm, 'sync', base, 0.8, 'warm'),
    atLeast(warm, face, base, 0.75, 'warm'),
    atLeast(fresh, 'batch', ipBatch, 1, 'first use'),
    listsWithin(listing, 1.8, 'A listing, warm'),
    listsWithin(firstListing, 5, 'The first listing of a process'),
    ...quickest(listing, 'warm'),
    ...quickest(firstListing, 'first of a process'),
  ];
}

function atLeast(
  all: readonly Taken[],
  name: string,
  peer: string,
  bound: number,
  when: string,
): Verdict {
  const taken = named(all, name);
  const found = taken === undefined ? Number.NaN : ratioTo(named(all, peer), taken);
  const text = `${name}, ${when}: at least ${String(bound)} times as quick as ${peer}`;
  return { text, found, holds: found >= bound };
}

const listingFace = 'async, in one turn';

function listsWithin(all: readonly Taken[], bound: number, what: string): Verdict {
  const ours = named(all, listingFace);
  const found = ours === undefined ? Number.NaN : 1 / ratioTo(named(all, base), ours);
  const text = `${what}: at most ${String(bound)} times what the warm C program takes to count`;
  return { text, found, holds: found <= bound };
}

function quickest(all: readonly Taken[], when: string): readonly Verdict[] {
  const ours = named(all, listingFace);
  if (ours === undefined) return [];
  return all
    .filter(({ side }) => !side.isOurs && side.name !== base)
    .map((peer) => {
      const found = ratioTo(peer, ours);
      return {
        text: `A listing, ${when}: quicker than ${peer.side.name}`,
        found,
        holds: found > 1,
      };
    });
}
