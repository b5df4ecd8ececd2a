import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Answer, ClientEffect, ClientEvent, ServerEffect, ServerEvent } from './effect.ts';
import { inviteClientTransition, startInviteClient } from './invite-client.ts';
import { inviteServerTransition, startInviteServer } from './invite-server.ts';
import { nonInviteClientTransition, startNonInviteClient } from './non-invite-client.ts';
import { nonInviteServerTransition, startNonInviteServer } from './non-invite-server.ts';
import { defaultTiming, type TimerName, type TransactionTiming } from './timing.ts';

type AnyEvent = ClientEvent<Answer> | ServerEvent<Answer>;
type AnyEffect = ClientEffect<Answer> | ServerEffect<Answer>;

const reliable: TransactionTiming = { ...defaultTiming, isReliable: true };

/** Runs one machine and keeps what its shell would: running timers, and a log of effects in short words. */
class Bench {
  readonly timers = new Map<TimerName, number>();
  readonly log: string[] = [];
  kind = '';
  #next: (event: AnyEvent) => void = () => undefined;

  static of(machine: keyof typeof machines, timing: TransactionTiming = defaultTiming): Bench {
    const bench = new Bench();
    machines[machine](bench, timing);
    return bench;
  }

  run<S extends { readonly kind: string }>(
    first: { state: S; effects: readonly AnyEffect[] },
    step: (state: S, event: AnyEvent) => { state: S; effects: readonly AnyEffect[] },
  ): void {
    let state = first.state;
    this.#carryOut(first);
    this.#next = (event): void => {
      const next = step(state, event);
      state = next.state;
      this.#carryOut(next);
    };
  }

  send(event: AnyEvent): this {
    if (event.kind === 'timer') this.timers.delete(event.timer);
    this.#next(event);
    return this;
  }

  fire(timer: TimerName): this {
    expect([...this.timers.keys()]).toContain(timer);
    return this.send({ kind: 'timer', timer });
  }

  response = (status: number): this => this.send({ kind: 'response', response: { status } });
  respond = (status: number): this => this.send({ kind: 'respond', response: { status } });

  #carryOut(step: { state: { kind: string }; effects: readonly AnyEffect[] }): void {
    this.kind = step.state.kind;
    for (const effect of step.effects) {
      if (effect.kind === 'set-timer') this.timers.set(effect.timer, effect.afterMs);
      else if (effect.kind === 'cancel-timer') this.timers.delete(effect.timer);
      else if ('response' in effect) this.log.push(`${effect.kind} ${effect.response.status}`);
      else this.log.push(effect.kind === 'report' ? `report ${effect.failure}` : effect.kind);
    }
  }
}

const machines = {
  'invite-client': (bench: Bench, timing: TransactionTiming): void =>
    bench.run(startInviteClient(timing), (state, event) =>
      inviteClientTransition(state, event as ClientEvent<Answer>, timing),
    ),
  'non-invite-client': (bench: Bench, timing: TransactionTiming): void =>
    bench.run(startNonInviteClient(timing), (state, event) =>
      nonInviteClientTransition(state, event as ClientEvent<Answer>, timing),
    ),
  'invite-server': (bench: Bench, timing: TransactionTiming): void =>
    bench.run(startInviteServer<Answer>(timing), (state, event) =>
      inviteServerTransition(state, event as ServerEvent<Answer>, timing),
    ),
  'non-invite-server': (bench: Bench, timing: TransactionTiming): void =>
    bench.run(startNonInviteServer<Answer>(timing), (state, event) =>
      nonInviteServerTransition(state, event as ServerEvent<Answer>, timing),
    ),
};

describe('INVITE client, 17.1.1', () => {
  it('repeats at T1 doubling without end, and gives up at 64*T1', () => {
    const bench = Bench.of('invite-client');
    expect(Object.fromEntries(bench.timers)).toEqual({ A: 500, B: 32_000 });
    const intervals = [1, 2, 3, 4, 5, 6].map(() => bench.fire('A').timers.get('A'));
    expect(intervals).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
    bench.fire('B');
    expect(bench.log.slice(-2)).toEqual(['report timeout', 'terminate']);
    expect(bench.timers.size).toBe(0);
  });

  it('a provisional ends the repeats and starts the limit of ringing', () => {
    const bench = Bench.of('invite-client').response(180);
    expect(bench.kind).toBe('proceeding');
    expect(Object.fromEntries(bench.timers)).toEqual({ C: 300_000 });
    bench.fire('C');
    expect(bench.log.at(-1)).toBe('report no-final');
    expect(Object.fromEntries(bench.timers)).toEqual({ C: 32_000 });
  });

  it.each([300, 404, 486, 699])(
    '%i is acknowledged, once more for each repeat, until D',
    (status) => {
      const bench = Bench.of('invite-client').response(status).response(status).response(180);
      expect(bench.log).toEqual([
        'send-request',
        `send-ack ${status}`,
        `pass-response ${status}`,
        `send-ack ${status}`,
      ]);
      expect(Object.fromEntries(bench.timers)).toEqual({ D: 32_000 });
      expect(bench.fire('D').kind).toBe('terminated');
    },
  );

  it('RFC 6026: repeated 2xx and 2xx of other forks reach the user until M', () => {
    const bench = Bench.of('invite-client').response(183).response(200).response(200).response(486);
    expect(bench.log.slice(1)).toEqual([
      'pass-response 183',
      'pass-response 200',
      'pass-response 200',
    ]);
    expect(bench.kind).toBe('accepted');
    expect(Object.fromEntries(bench.timers)).toEqual({ M: 32_000 });
    expect(bench.fire('M').kind).toBe('terminated');
  });

  it('on a reliable transport nothing is repeated and D is zero', () => {
    const bench = Bench.of('invite-client', reliable);
    expect([...bench.timers.keys()]).toEqual(['B']);
    expect(bench.response(486).kind).toBe('terminated');
  });

  it.each([
    ['calling', [], ['report transport-error', 'terminate']],
    ['completed', [486], ['report transport-error', 'terminate']],
    ['proceeding', [180], []],
    ['accepted', [200], []],
  ])('a transport error in %s', (kind, statuses, expected) => {
    const bench = Bench.of('invite-client');
    for (const status of statuses) bench.response(status);
    expect(bench.kind).toBe(kind);
    bench.log.length = 0;
    expect(bench.send({ kind: 'transport-error' }).log).toEqual(expected);
  });
});

describe('non-INVITE client, 17.1.2', () => {
  it('repeats at T1 doubling up to T2, and gives up at 64*T1', () => {
    const bench = Bench.of('non-invite-client');
    const intervals = [1, 2, 3, 4, 5].map(() => bench.fire('E').timers.get('E'));
    expect(intervals).toEqual([1000, 2000, 4000, 4000, 4000]);
    expect(bench.fire('F').log.slice(-2)).toEqual(['report timeout', 'terminate']);
    expect(bench.timers.size).toBe(0);
  });

  it('a provisional slows the repeats to T2 and leaves F running', () => {
    const bench = Bench.of('non-invite-client').response(100);
    expect(bench.fire('E').timers.get('E')).toBe(4000);
    expect(bench.timers.get('F')).toBe(32_000);
  });

  it('a final is passed once; repeats are absorbed until K', () => {
    const bench = Bench.of('non-invite-client').response(200).response(200);
    expect(bench.log).toEqual(['send-request', 'pass-response 200']);
    expect(Object.fromEntries(bench.timers)).toEqual({ K: 5000 });
    expect(bench.fire('K').kind).toBe('terminated');
    expect(Bench.of('non-invite-client', reliable).response(200).kind).toBe('terminated');
  });
});

describe('INVITE server, 17.2.1', () => {
  it('repeats the last provisional for a repeated INVITE', () => {
    const bench = Bench.of('invite-server').send({ kind: 'retransmission' });
    expect(bench.log).toEqual([]);
    bench.respond(100).respond(180).send({ kind: 'retransmission' });
    expect(bench.log).toEqual(['send-response 100', 'send-response 180', 'send-response 180']);
  });

  it('repeats a refusal at T1 doubling up to T2 until ACK, then absorbs for T4', () => {
    const bench = Bench.of('invite-server').respond(486);
    expect(Object.fromEntries(bench.timers)).toEqual({ G: 500, H: 32_000 });
    const intervals = [1, 2, 3, 4].map(() => bench.fire('G').timers.get('G'));
    expect(intervals).toEqual([1000, 2000, 4000, 4000]);
    bench.send({ kind: 'ack' }).send({ kind: 'ack' }).send({ kind: 'retransmission' });
    expect(bench.kind).toBe('confirmed');
    expect(Object.fromEntries(bench.timers)).toEqual({ I: 5000 });
    expect(bench.fire('I').kind).toBe('terminated');
  });

  it('tells the user that no ACK came', () => {
    const bench = Bench.of('invite-server').respond(486).fire('H');
    expect(bench.log.slice(-2)).toEqual(['report timeout', 'terminate']);
    expect(bench.timers.size).toBe(0);
  });

  it('RFC 6026: after a 2xx repeats are absorbed, the user repeats the 2xx and hears the ACK', () => {
    const bench = Bench.of('invite-server').respond(200).send({ kind: 'retransmission' });
    bench.respond(200).send({ kind: 'ack' });
    expect(bench.log).toEqual(['send-response 200', 'send-response 200', 'pass-ack']);
    expect(Object.fromEntries(bench.timers)).toEqual({ L: 32_000 });
    expect(bench.fire('L').kind).toBe('terminated');
  });

  it.each([180, 200, 486])('a transport error ends nothing after %i (RFC 6026, 8.8)', (status) => {
    const bench = Bench.of('invite-server').respond(status);
    const { kind } = bench;
    bench.log.length = 0;
    expect(bench.send({ kind: 'transport-error' }).log).toEqual(['report transport-error']);
    expect(bench.kind).toBe(kind);
  });

  it('a second final is not sent', () => {
    expect(Bench.of('invite-server').respond(486).respond(200).log).toEqual(['send-response 486']);
  });
});

describe('non-INVITE server, 17.2.2', () => {
  it('absorbs repeats until there is an answer, then repeats the answer', () => {
    const bench = Bench.of('non-invite-server').send({ kind: 'retransmission' });
    expect(bench.log).toEqual([]);
    bench.respond(100).send({ kind: 'retransmission' }).respond(200);
    bench.send({ kind: 'retransmission' }).respond(500);
    expect(bench.log).toEqual([
      'send-response 100',
      'send-response 100',
      'send-response 200',
      'send-response 200',
    ]);
    expect(Object.fromEntries(bench.timers)).toEqual({ J: 32_000 });
    expect(bench.fire('J').kind).toBe('terminated');
  });

  it.each([100, 200])('a transport error ends nothing after %i (RFC 6026, 8.8)', (status) => {
    const bench = Bench.of('non-invite-server').respond(status).send({ kind: 'transport-error' });
    bench.send({ kind: 'retransmission' });
    expect(bench.log).toEqual([
      `send-response ${status}`,
      'report transport-error',
      `send-response ${status}`,
    ]);
  });

  it('ends without a word when the user never answers (RFC 4320)', () => {
    const bench = Bench.of('non-invite-server').fire('N');
    expect(bench.log).toEqual(['report timeout', 'terminate']);
  });
});

const status = fc.integer({ min: 100, max: 699 });
const events = fc.oneof(
  { weight: 4, arbitrary: fc.constant('fire' as const) },
  {
    weight: 2,
    arbitrary: status.map((each) => ({ kind: 'response' as const, response: { status: each } })),
  },
  {
    weight: 2,
    arbitrary: status.map((each) => ({ kind: 'respond' as const, response: { status: each } })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'retransmission' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'ack' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'transport-error' } as const) },
);
const forClient = new Set(['response', 'transport-error']);
const forServer = new Set(['respond', 'retransmission', 'ack', 'transport-error']);

describe.each(Object.keys(machines) as (keyof typeof machines)[])(
  '%s, whatever comes',
  (machine) => {
    const fits = machine.endsWith('client') ? forClient : forServer;

    test.prop([fc.array(events, { maxLength: 30 }), fc.boolean(), fc.nat()])(
      'has a timer running until it ends, and none after',
      (script, isReliable, pick) => {
        const bench = Bench.of(machine, { ...defaultTiming, isReliable });
        for (const event of script) {
          const running = [...bench.timers.keys()];
          if (event === 'fire') {
            const timer = running[pick % Math.max(1, running.length)];
            if (timer !== undefined) bench.fire(timer);
          } else if (fits.has(event.kind)) bench.send(event);
          expect(bench.timers.size === 0).toBe(bench.kind === 'terminated');
          expect(bench.log.filter((line) => line === 'terminate').length).toBeLessThan(2);
        }
        bench.send({ kind: 'abandon' });
        expect(bench.kind).toBe('terminated');
        expect(bench.timers.size).toBe(0);
        expect(bench.log.filter((line) => line === 'terminate')).toHaveLength(1);
      },
    );
  },
);
