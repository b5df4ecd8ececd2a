// Every way that a call can end, by sipp on both sides: each side is content, and the gateway holds nothing afterwards.
import type { CapturedPacket } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { rtpOf, sipOf } from './link-wire.ts';
import { expectAllDone, expectTrueCalls, seenSoFar } from './sipp-expectations.ts';
import { exits, refusedWith, type Exit } from './sipp-exit-steps.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { calleeWhoTalks, callerWhoTalks } from './sipp-steps.ts';
import { callerPorts, openSippWorld, type SippWorld } from './sipp-world.ts';

async function endBothWays(world: SippWorld, exit: Exit): Promise<void> {
  const { haveMedia, hasEarlyMedia = false, name: _, ...steps } = exit;
  const since = seenSoFar(world);
  const ways = ['inward', 'outward'] as const;
  const played = await Promise.all(ways.map((way) => world.play(way, { ...steps, calls: 1 })));
  for (const each of played) expectAllDone(world, since, each, 1);
  const calls = exit.callee === undefined ? 1 : 2;
  expectTrueCalls(world, since, { calls, haveMedia });
  for (const host of hasEarlyMedia ? (['peer', 'client'] as const) : []) {
    const heard = heardBeforeAnswer(world.links[host].packets.slice(since[host]));
    expect(heard).toBeGreaterThanOrEqual(10);
  }
  await untilIdle(world);
}

function untilIdle({ gateway }: SippWorld): Promise<void> {
  const isIdle = async (): Promise<void> => {
    expect(await gateway.counts()).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
  };
  return vi.waitFor(isIdle, { timeout: 5000 });
}

/** Packets of RTP that came to a caller before its 200 did. Without early media there may be some too: RTP overtakes. */
function heardBeforeAnswer(packets: readonly CapturedPacket[]): number {
  const incoming = packets.filter(({ direction }) => direction === 'incoming');
  const answer = incoming.findIndex((packet) => sipOf(packet)?.name === '200 INVITE');
  const before = incoming.slice(0, Math.max(answer, 0)).flatMap((packet) => rtpOf(packet) ?? []);
  return before.filter(({ to }) => to.endsWith(`:${callerPorts.mediaPort}`)).length;
}

describe
  .skipIf(boxIsMissing || programsMissing('sipp', 'rtpengine'))
  .for(['embedded', 'rtpengine'] as const)('the end of a call with the %s relay', (relay) => {
  let world: SippWorld;

  beforeAll(async () => {
    // longer than rtpengine is waited for
    const timeouts = { setup: 1500 };
    world = await openSippWorld({ relay, t1Ms: 200, timeouts, silenceSeconds: 2 });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
  });

  it.for(exits)('$name', async (exit) => {
    await endBothWays(world, exit);
  });

  it('leaves no call, no dialog, no port and no socket', async () => {
    await world.nothingHeld();
  });

  // what lingers does so whoever relays
  if (relay === 'embedded') {
    it('and in its time no transaction and no timer', async () => {
      await world.nothingLeft();
    });
  }

  if (relay === 'rtpengine') {
    it('rtpengine dies in a call: its BYE still ends it, and the next caller gets 503', async () => {
      const since = seenSoFar(world);
      const steps = { caller: callerWhoTalks(600), callee: calleeWhoTalks };
      const playing = world.play('inward', { calls: 1, ...steps });
      const { client } = world.links;
      const before = new Set(client.packets);
      await client.waitFor((packet) => !before.has(packet) && rtpOf(packet) !== undefined, 10_000);
      await world.rtpengine?.[Symbol.asyncDispose]();
      expectAllDone(world, since, await playing, 1);
      const refused = await world.play('inward', { calls: 1, caller: refusedWith(503) });
      expectAllDone(world, since, refused, 1);
      await untilIdle(world);
    });
  }
});
