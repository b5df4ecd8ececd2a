import { percentile } from '../identity/percentile.ts';
import { loadFigures, type LoadFigures } from './load-figures.ts';
import type { LoadReport } from './load-child.ts';
import { RunningServer } from './running-server.ts';
import { rates, type Settings } from './settings.ts';
import type { ServerAccount } from './sip-server.ts';

export type Side = 'uas' | 'bare' | 'npm-sip' | 'b2bua';

/** Calls per second of each side. npm's sip does not reach the rate of the others. */
export const sideRates: Readonly<Record<Side, number>> = {
  uas: rates.uas,
  bare: rates.uas,
  'npm-sip': 1_000,
  b2bua: rates.b2bua,
};

/** CPU per call at a fixed rate: each side's rounds, and medians. */
export interface RoundFigures {
  readonly rounds: readonly Readonly<Record<Side, LoadFigures>>[];
  readonly cpuUsPerCall: Readonly<Record<Side, number>>;
  /** Median of each round's own ratio to the bare server. */
  readonly ratioToBare: Readonly<Record<Side, number>>;
}

const sides: readonly Side[] = ['uas', 'bare', 'npm-sip', 'b2bua'];

interface Played {
  readonly load: LoadReport;
  readonly before: ServerAccount;
  readonly after: ServerAccount;
}

/** All servers stand all the time; each in turn gets its load, the order rotating. */
export async function measureRounds(settings: Settings): Promise<RoundFigures> {
  await using servers = new AsyncDisposableStack();
  const { isPolled } = settings;
  const running = new Map<Side, RunningServer>();
  for (const side of sides) {
    running.set(side, servers.use(await RunningServer.start(side, { isPolled })));
  }
  const rounds: Record<Side, LoadFigures>[] = [];
  for (const side of sides) await running.get(side)?.load(sideRates[side], settings.warmUpSeconds);
  for (let round = 0; round < settings.rounds; round++) {
    rounds.push(await playRound(running, settings, round));
  }
  const median = (of: (round: Readonly<Record<Side, LoadFigures>>) => number): number =>
    percentile(rounds.map(of), 50);
  return {
    rounds,
    cpuUsPerCall: bySide((side) => median((round) => round[side].cpuUsPerCall)),
    ratioToBare: bySide((side) =>
      median((round) => round[side].cpuUsPerCall / round.bare.cpuUsPerCall),
    ),
  };
}

async function playRound(
  running: ReadonlyMap<Side, RunningServer>,
  { roundSeconds, untilSettled }: Settings,
  round: number,
): Promise<Record<Side, LoadFigures>> {
  const first = round % sides.length;
  const order = [...sides.slice(first), ...sides.slice(0, first)];
  const played = new Map<Side, Played>();
  if (untilSettled) for (const server of running.values()) await server.settled();
  for (const side of order) {
    const server = running.get(side);
    if (server === undefined) continue;
    const before = await server.account();
    const load = await server.load(sideRates[side], roundSeconds);
    played.set(side, { load, before, after: await server.account() });
  }
  if (untilSettled) {
    // what ends 32 seconds after a call belongs to it as well
    for (const [side, { load, before }] of played) {
      const after = await running.get(side)?.settled();
      if (after !== undefined) played.set(side, { load, before, after });
    }
  }
  return bySide((side) => {
    const found = played.get(side);
    if (found === undefined) throw new Error(`${side} was not played.`);
    return loadFigures(sideRates[side], found.load, found.before, found.after);
  });
}

function bySide<T>(of: (side: Side) => T): Record<Side, T> {
  return {
    uas: of('uas'),
    bare: of('bare'),
    'npm-sip': of('npm-sip'),
    b2bua: of('b2bua'),
  };
}
