import { loadFigures, type LoadFigures } from './load-figures.ts';
import type { Side } from './measure-rounds.ts';
import { RunningServer } from './running-server.ts';
import type { Settings } from './settings.ts';

/** The highest rate of each side at which no call failed and nothing was sent twice. */
export type CeilingFigures = Readonly<Record<Side, CeilingFigure>>;

export interface CeilingFigure {
  /** undefined when not even the lowest rate held. */
  readonly best: LoadFigures | undefined;
  /** The first rate that did not hold, and what happened there; undefined when the search ended before. */
  readonly broke: LoadFigures | undefined;
}

interface Search {
  readonly side: Side;
  readonly from: number;
  readonly step: number;
  readonly to: number;
}

const searches: readonly Search[] = [
  { side: 'uas', from: 2_000, step: 500, to: 8_000 },
  { side: 'bare', from: 4_000, step: 1_000, to: 16_000 },
  { side: 'npm-sip', from: 500, step: 500, to: 8_000 },
  { side: 'b2bua', from: 400, step: 100, to: 3_000 },
];

/** A step that the neighbours of a shared machine may have spoilt is tried again. */
const tries = 2;

export async function measureCeiling(settings: Settings): Promise<CeilingFigures> {
  const found: Partial<Record<Side, CeilingFigure>> = {};
  for (const search of searches) found[search.side] = await climb(search, settings);
  return found as CeilingFigures;
}

async function climb(
  { side, from, step, to }: Search,
  { warmUpSeconds, stepSeconds, isPolled }: Settings,
): Promise<CeilingFigure> {
  await using server = await RunningServer.start(side, { isPolled });
  await server.load(from, warmUpSeconds);
  let best: LoadFigures | undefined;
  for (let rate = from; rate <= to; rate += step) {
    const figures = await tryRate(server, rate, stepSeconds);
    if (!holds(figures)) return { best, broke: figures };
    best = figures;
  }
  return { best, broke: undefined };
}

async function tryRate(server: RunningServer, rate: number, seconds: number): Promise<LoadFigures> {
  for (let tried = 1; ; tried++) {
    const before = await server.account();
    const load = await server.load(rate, seconds);
    const figures = loadFigures(rate, load, before, await server.account());
    if (holds(figures) || tried === tries) return figures;
  }
}

function holds({ failed, retransmissions }: LoadFigures): boolean {
  return failed === 0 && retransmissions === 0;
}
