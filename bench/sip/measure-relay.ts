import { Child } from './child.ts';
import { loadFigures, type LoadFigures } from './load-figures.ts';
import { measureWire, type MissingWire, type WireFigures } from './measure-wire.ts';
import type { MediaInput, MediaOrder, MediaReport } from './media-child.ts';
import { RunningServer } from './running-server.ts';
import { mediaCalls, places, rates, type Settings } from './settings.ts';
import type { RelayThread } from './sip-server.ts';

/** One way through the gateway's embedded relay, with nothing beside it and while calls are set up and ended. */
export interface RelayFigures {
  readonly packetsPerSecond: number;
  readonly thread: RelayThread | undefined;
  readonly idle: MediaReport;
  readonly busy: MediaReport;
  /** Calls with no packets beside them: what a call costs by itself. */
  readonly alone: LoadFigures;
  /** The calls that were set up while packets went through. */
  readonly load: LoadFigures;
  /** The same way by the kernel's timestamps; the others are by the clock of a Node process that has an event loop of its own. */
  readonly wire: WireFigures | MissingWire;
}

export async function measureRelay(settings: Settings): Promise<RelayFigures> {
  const byNode = await measureByNode(settings);
  return { ...byNode, wire: await measureWire(settings) };
}

async function measureByNode({
  mediaSeconds: seconds,
  roundSeconds,
  warmUpSeconds,
}: Settings): Promise<Omit<RelayFigures, 'wire'>> {
  await using gateway = await RunningServer.start('gateway');
  const { gateway: target, mediaCaller: caller, mediaCallee: callee } = places;
  const input: MediaInput = { gateway: target, caller, callee, calls: mediaCalls };
  await using media = new Child(new URL('./media-child.ts', import.meta.url), [
    JSON.stringify(input),
  ]);
  await media.next();
  const order: MediaOrder = { seconds };
  const rate = rates.gatewaySetUps;
  await gateway.load(rate, warmUpSeconds);
  const first = await gateway.account();
  const plain = await gateway.load(rate, roundSeconds);
  const alone = loadFigures(rate, plain, first, await gateway.account());
  await media.ask<MediaReport>({ seconds: warmUpSeconds });
  const idle = await media.ask<MediaReport>(order);
  const before = await gateway.account();
  const [busy, load] = await Promise.all([
    media.ask<MediaReport>(order),
    gateway.load(rate, seconds),
  ]);
  const after = await gateway.account();
  return {
    packetsPerSecond: idle.sent / seconds,
    thread: after.relayThread,
    idle,
    busy,
    alone,
    load: loadFigures(rate, load, before, after),
  };
}
