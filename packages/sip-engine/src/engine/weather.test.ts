// Two engines, each with an unmodified drachtio-srf application, over a network that loses, doubles and reorders.
import { createServer } from 'node:net';
import Srf from 'drachtio-srf';
import { expect, it } from 'vitest';
import { createSipEngine, type SipEngine } from '../engine.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { SrfApp } from '../testing/srf-app.ts';
import { VirtualNetwork, type PathConditions } from '../testing/virtual-network.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';

interface Side {
  readonly engine: SipEngine;
  readonly app: SrfApp;
}

function side(clock: FakeClock, network: VirtualNetwork, address: string): Side {
  const engine = createSipEngine({
    transports: [network.open({ address, port: 5060 })],
    secret: 's',
    clock,
    mediaHosts: ['10.0.0.9'],
  });
  const app = new (Srf as unknown as new () => SrfApp)();
  const server = createServer();
  app.listen({ server, secret: 's' });
  engine.attach(server);
  return { engine, app };
}

/** One call after the other; how each ended, as the caller heard it. */
async function callThrough(
  seed: number,
  conditions: Partial<PathConditions>,
): Promise<{ outcomes: string[]; sides: Side[]; clock: FakeClock }> {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock, { seed, conditions });
  const caller = side(clock, network, '10.0.0.1');
  const callee = side(clock, network, '10.0.0.2');
  let calls = 0;
  callee.app.invite((req, res) => {
    calls += 1;
    if (calls % 3 === 0) res.send(486);
    else callee.app.createUAS(req, res, { localSdp: sdp }).catch(() => undefined);
  });
  await clock.advanceSettled(0);
  const outcomes: string[] = [];
  const call = async (index: number): Promise<void> => {
    try {
      const dialog = await caller.app.createUAC('sip:b@10.0.0.2', { localSdp: sdp });
      if (index % 2 === 0) await dialog.modify(sdp);
      await dialog.destroy();
      outcomes.push('done');
    } catch (error) {
      outcomes.push(String((error as { status?: number }).status));
    }
  };
  for (let index = 0; index < 6; index += 1) {
    void call(index);
    await clock.advanceSettled(40_000);
  }
  await clock.advanceSettled(400_000);
  return { outcomes, sides: [caller, callee], clock };
}

const healed = ['done', 'done', '486', 'done', 'done', '486'];
const silence = Array.from({ length: 6 }, () => '408');

it.each([
  ['fair', {}, healed],
  ['a tenth lost', { loss: 0.1, jitterMs: 20 }, healed],
  ['a third lost', { loss: 0.33, jitterMs: 60 }, healed],
  ['doubled and out of order', { duplication: 0.5, jitterMs: 400 }, healed],
  ['everything at once', { loss: 0.3, duplication: 0.3, jitterMs: 900 }, healed],
  ['all lost', { loss: 1 }, silence],
])(
  '%s: repeats heal what can be healed, and nothing is left on either side',
  async (_what, conditions, expected) => {
    for (const seed of [1, 2, 3, 4]) {
      const { outcomes, sides, clock } = await callThrough(seed, conditions);
      expect(outcomes, `seed ${seed}`).toEqual(expected);
      for (const { engine, app } of sides) {
        expect(engine.counts(), `seed ${seed}`).toMatchObject({
          transactions: 0,
          dialogs: 0,
          timers: 0,
          malformed: 0,
        });
        expect(app.idle).toBe(true);
        await engine.close();
      }
      clock.advance(1000);
      expect(clock.pending).toBe(0);
    }
  },
);
