import { percentile, sum } from '../identity/percentile.ts';
import { formatMs, formatTable } from '../identity/table.ts';
import { named, ratioTo } from './bounds.ts';
import type { Figures, Verdict } from './bounds.ts';
import { changed, listed } from './measure.ts';
import type { Taken } from './measure.ts';
import { base, ipBatch } from './sides.ts';

/** All figures as tables: medians, and medians of the rounds' ratios. */
export function printFigures({ warm, fresh, listing, firstListing }: Figures): readonly string[] {
  const of = changed.toLocaleString('en');
  const list = `${listed.toLocaleString('en')} routes listed`;
  return [
    '',
    `Warm, milliseconds for ${of} of each; x: how many times as quick as the C program`,
    ...printChanges(warm, base),
    '',
    `First use in a fresh process, without its start (in brackets); x: as quick as ${ipBatch}; the C program is warm`,
    ...printChanges(fresh, ipBatch),
    '',
    ...printListings(listing, `${list}, warm`),
    '',
    ...printListings(firstListing, `${list}, the first of a process`),
  ];
}

export function printVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  const rows = verdicts.map(({ text, found, holds }) => [
    text,
    found.toFixed(2),
    holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  return ['', ...formatTable(['bound', 'found', ''], rows)];
}

function printChanges(all: readonly Taken[], beside: string): readonly string[] {
  const peer = named(all, beside);
  const rows = all.map((taken) => {
    const { side, rounds, starts } = taken;
    const whole = rounds[0]?.length === 1;
    const parts = [0, 1, 2, 3].map((part) =>
      whole ? '' : formatMs(median(rounds.map((round) => round[part] ?? Number.NaN))),
    );
    const start = starts.length === 0 ? '' : `(${formatMs(median(starts))})`;
    return [
      side.oneOf === 1 ? side.name : `${side.name} (1 of ${String(side.oneOf)} done)`,
      ...parts,
      formatMs(median(rounds.map(sum))),
      ratioTo(peer, taken).toFixed(2),
      start,
    ];
  });
  const head = ['', 'rule add', 'remove', 'route add', 'remove', 'all', 'x', ''];
  return formatTable(head, rows);
}

function printListings(all: readonly Taken[], title: string): readonly string[] {
  const peer = named(all, base);
  const rows = all.map((taken) => [
    taken.side.name === base ? 'C, warm, counted only' : taken.side.name,
    formatMs(median(taken.rounds.map(sum))),
    (1 / ratioTo(peer, taken)).toFixed(2),
  ]);
  return formatTable([title, 'ms', 'x C'], rows);
}

function median(of: readonly number[]): number {
  return percentile(of, 50);
}
