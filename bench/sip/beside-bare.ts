import { RunningServer } from './running-server.ts';
import { rates, type Settings } from './settings.ts';

/** CPU of a call through the bare UAS, right before and right after something else was measured: how quick the machine was meanwhile. */
export interface BesideBare<T> {
  readonly figures: T;
  /** The mean of both, in microseconds. */
  readonly bareCpuUsPerCall: number;
}

/** Measures one after another, and the bare UAS before, between and after. */
export async function besideBare<T>(
  { isPolled, warmUpSeconds, roundSeconds }: Settings,
  measures: readonly (() => Promise<T>)[],
): Promise<readonly BesideBare<T>[]> {
  await using bare = await RunningServer.start('bare', { isPolled });
  const cpuUsPerCall = async (): Promise<number> => {
    const before = await bare.account();
    const { placed } = await bare.load(rates.uas, roundSeconds);
    const after = await bare.account();
    return (after.cpuUs - before.cpuUs) / placed;
  };
  await bare.load(rates.uas, warmUpSeconds);
  let last = await cpuUsPerCall();
  const all: BesideBare<T>[] = [];
  for (const measure of measures) {
    const figures = await measure();
    const next = await cpuUsPerCall();
    all.push({ figures, bareCpuUsPerCall: (last + next) / 2 });
    last = next;
  }
  return all;
}
