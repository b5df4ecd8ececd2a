import { Child } from './child.ts';
import { loadFigures, type LoadFigures } from './load-figures.ts';
import type { MediaInput, MediaOrder, MediaReport } from './media-child.ts';
import { RunningServer } from './running-server.ts';
import { mediaCalls, places, rates, type Settings } from './settings.ts';

/** One way through the gateway's embedded relay, with nothing beside it and while calls are set up and ended. */
export interface RelayFigures {
  readonly packetsPerSecond: number;
  readonly idle: MediaReport;
  readonly busy: MediaReport;
  /** The calls that were set up meanwhile. */
  readonly load: LoadFigures;
}

export async function measureRelay({
  mediaSeconds: seconds,
  warmUpSeconds,
}: Settings): Promise<RelayFigures> {
  await using gateway = await RunningServer.start('gateway');
  const { gateway: target, mediaCaller: caller, mediaCallee: callee } = places;
  const input: MediaInput = { gateway: target, caller, callee, calls: mediaCalls };
  await using media = new Child(new URL('./media-child.ts', import.meta.url), [
    JSON.stringify(input),
  ]);
  await media.next();
  const order: MediaOrder = { seconds };
  await gateway.load(rates.gatewaySetUps, warmUpSeconds);
  await media.ask<MediaReport>({ seconds: warmUpSeconds });
  const idle = await media.ask<MediaReport>(order);
  const before = await gateway.account();
  const [busy, load] = await Promise.all([
    media.ask<MediaReport>(order),
    gateway.load(rates.gatewaySetUps, seconds),
  ]);
  const after = await gateway.account();
  return {
    packetsPerSecond: idle.sent / seconds,
    idle,
    busy,
    load: loadFigures(rates.gatewaySetUps, load, before, after),
  };
}
