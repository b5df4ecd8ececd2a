import { besideBare, type BesideBare } from './beside-bare.ts';
import { loadFigures, type LoadFigures } from './load-figures.ts';
import { RunningServer } from './running-server.ts';
import { busyB2buaRate, rates, type Settings } from './settings.ts';

/** The rates of the bounds, for a minute: 28 seconds of it with as many transactions ending as beginning. */
export interface EnduranceFigures {
  readonly uas: BesideBare<LoadFigures>;
  readonly b2bua: BesideBare<LoadFigures>;
  /** At `busyB2buaRate`. */
  readonly busyB2bua: BesideBare<LoadFigures>;
}

export async function measureEndurance(settings: Settings): Promise<EnduranceFigures> {
  const [uas, b2bua, busyB2bua] = await besideBare(settings, [
    () => endure('uas', rates.uas, settings),
    () => endure('b2bua', rates.b2bua, settings),
    () => endure('b2bua', busyB2buaRate, settings),
  ]);
  if (uas === undefined || b2bua === undefined || busyB2bua === undefined) {
    throw new Error('A minute was not played.');
  }
  return { uas, b2bua, busyB2bua };
}

async function endure(
  name: 'uas' | 'b2bua',
  rate: number,
  { warmUpSeconds, enduranceSeconds, isPolled }: Settings,
): Promise<LoadFigures> {
  await using server = await RunningServer.start(name, { isPolled });
  await server.load(rate, warmUpSeconds);
  const before = await server.account();
  const load = await server.load(rate, enduranceSeconds);
  return loadFigures(rate, load, before, await server.account());
}
