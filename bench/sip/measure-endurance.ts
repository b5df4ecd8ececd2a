import { loadFigures, type LoadFigures } from './load-figures.ts';
import { RunningServer } from './running-server.ts';
import { busyB2buaRate, rates, type Settings } from './settings.ts';

/** The rates of the bounds, for a minute: 28 seconds of it with as many transactions ending as beginning. */
export interface EnduranceFigures {
  readonly uas: LoadFigures;
  readonly b2bua: LoadFigures;
  /** At `busyB2buaRate`. */
  readonly busyB2bua: LoadFigures;
}

export async function measureEndurance(settings: Settings): Promise<EnduranceFigures> {
  return {
    uas: await endure('uas', rates.uas, settings),
    b2bua: await endure('b2bua', rates.b2bua, settings),
    busyB2bua: await endure('b2bua', busyB2buaRate, settings),
  };
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
