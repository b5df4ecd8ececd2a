// Calls of sipp with the Internet behind a network that loses and doubles: what may be lost is healed or ended by RFC 3261's timers.
import { capture, type Capture, type CapturedPacket, type SippOptions } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { badNetwork, refusedSip } from './bad-network.ts';
import { sipOf } from './link-wire.ts';
import { wrongTransactions } from './lossy-transactions.ts';
import { calleeWhoTalks, callerWhoTalks } from './sipp-steps.ts';
import { openSippWorld, type SippWorld } from './sipp-world.ts';

const t1Ms = 200;
const lifeMs = 64 * t1Ms;
/** Of sipp: shorter than that, so that nothing comes again which is forgotten here. */
const timeoutSeconds = 12;
/** What sipp leaves open when it fails a call ends soon after it. */
const timeouts = { setup: 5_000, ack: 15_000, 're-invite': 15_000, drain: 15_000 };
const calls = 15;
const ways = ['inward', 'outward'] as const;

/** Hears the repeats of its last request or response, and says again what it said. */
const lingering =
  (steps: SippOptions['steps']): SippOptions['steps'] =>
  (file) => [...steps(file), { kind: 'pause', ms: 2000 }];

const wrongIn = (packets: readonly CapturedPacket[]): string =>
  wrongTransactions(packets, lifeMs).join('\n');

describe.skipIf(boxIsMissing || programsMissing('sipp', 'nft'))('calls over a bad network', () => {
  let world: SippWorld;
  let link: Capture;

  beforeAll(async () => {
    world = await openSippWorld({ relay: 'embedded', t1Ms, timeouts, silenceSeconds: 5 });
    link = await capture(world.box.namespaces.pod, 'net1', {
      filter: (packet) => sipOf(packet) !== undefined,
    });
  });
  afterAll(async () => {
    link?.close();
    await world?.[Symbol.asyncDispose]();
  });

  /** Legs of calls that have had such a message. */
  const legsWith = (name: string): number =>
    new Set(
      link.packets.flatMap((packet) => {
        const sip = sipOf(packet);
        return sip?.name === name ? [sip.callId] : [];
      }),
    ).size;

  it('end at both ends though the kernel refuses for a while what the gateway sends', async () => {
    const talk = {
      calls: 3,
      atOnce: 3,
      timeoutSeconds,
      caller: lingering(callerWhoTalks(1000)),
      callee: lingering(calleeWhoTalks),
    };
    const playing = Promise.all(ways.map((way) => world.play(way, talk)));
    await vi.waitFor(() => expect(legsWith('ACK')).toBe(12), { timeout: 10_000 });
    {
      await using refusing = await refusedSip(world.box);
      await vi.waitFor(() => expect(legsWith('BYE')).toBeGreaterThan(0), { timeout: 10_000 });
      // answers to the BYEs, BYEs to the other legs, and repeats of these
      await vi.waitFor(async () => expect(await refusing.count()).toBeGreaterThan(20), {
        timeout: 5000,
      });
    }
    for (const { caller, callee } of await playing) {
      for (const side of [caller, callee]) {
        expect(side?.statistics, side?.errors).toMatchObject({ successful: 3, failed: 0 });
      }
    }
  });

  it('are set up and ended, both ways', async () => {
    await using bad = new AsyncDisposableStack();
    bad.use(await badNetwork(world.box, { lost: 12, doubled: 15 }));
    const talk = {
      calls,
      atOnce: calls,
      timeoutSeconds,
      caller: lingering(callerWhoTalks(500)),
      callee: lingering(calleeWhoTalks),
    };
    const played = await Promise.all(ways.map((way) => world.play(way, talk)));
    // sipp fails a call in which something comes twice where it does not expect that
    for (const { caller } of played) {
      expect(caller.statistics.successful, caller.errors).toBeGreaterThan(calls / 2);
    }
  });

  it('leave no call, no dialog, no port, no socket and no transaction', async () => {
    await world.nothingLeft();
    const { sip } = await world.gateway.counts();
    expect(sip?.retransmissionsOut).toBeGreaterThan(0);
  });

  it('every request has one answer, every 2xx its ACKs, and no repeat is one too many', () => {
    expect(wrongIn(link.packets)).toBe('');
  });

  it('and these checks see what is wrong, when it is made wrong', () => {
    const without = (name: string): readonly CapturedPacket[] =>
      link.packets.filter((packet) => sipOf(packet)?.name !== name);
    const invite = link.packets.find((packet) => {
      const sip = sipOf(packet);
      return sip?.name === 'INVITE' && sip.direction === 'outgoing';
    });
    if (invite === undefined) throw new Error('no INVITE left');
    expect(wrongIn([...link.packets, ...Array.from({ length: 7 }, () => invite)])).toMatch(
      / INVITE .* was sent \d+ times/,
    );
    expect(wrongIn(without('ACK'))).toMatch('and no ACK after them');
    expect(wrongIn(without('200 BYE'))).toMatch(/ BYE .* has 0 answers/);
  });
});
