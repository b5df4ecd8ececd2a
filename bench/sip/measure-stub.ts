import { percentile } from '../identity/percentile.ts';
import { Child } from './child.ts';
import type { Settings } from './settings.ts';
import type { StubOrder, StubReport } from './stub-child.ts';

/** drachtio-srf's own share of a call, on a stub of its server, saturated. Medians of the rounds. */
export interface StubFigures {
  readonly uas: StubFigure;
  readonly b2bua: StubFigure;
}

interface StubFigure {
  readonly cpuUsPerCall: number;
  readonly callsPerSecond: number;
}

export async function measureStub({ rounds, stubCalls }: Settings): Promise<StubFigures> {
  const reports: Record<'uas' | 'b2bua', StubReport[]> = { uas: [], b2bua: [] };
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['uas', 'b2bua'] as const) {
      await using child = new Child(new URL('./stub-child.ts', import.meta.url), [kind]);
      await child.next();
      const play = (calls: number): Promise<StubReport> => {
        const order: StubOrder = { calls };
        return child.ask<StubReport>(order);
      };
      await play(Math.round(stubCalls / 3));
      reports[kind].push(await play(stubCalls));
    }
  }
  return { uas: figureOf(reports.uas), b2bua: figureOf(reports.b2bua) };
}

function figureOf(reports: readonly StubReport[]): StubFigure {
  return {
    cpuUsPerCall: percentile(
      reports.map(({ cpuUs, calls }) => cpuUs / calls),
      50,
    ),
    callsPerSecond: percentile(
      reports.map(({ calls, elapsedMs }) => (calls / elapsedMs) * 1000),
      50,
    ),
  };
}
