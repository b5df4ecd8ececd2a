import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  acceptedInviteTransition,
  startAcceptedInvite,
  type AcceptedInviteEvent,
  type AcceptedInviteStep,
} from './accepted-invite.ts';
import {
  firstOutgoingInvite,
  outgoingInviteTransition,
  type OutgoingInviteEvent,
  type OutgoingInviteState,
} from './outgoing-invite.ts';

const timing = { t1Ms: 500, t2Ms: 4000 };

/** Runs events and keeps the running timers and the effects that are none. */
function runAll(steps: readonly { readonly effects: readonly { readonly kind: string }[] }[]): {
  timers: Set<string>;
  log: string[];
} {
  const timers = new Set<string>();
  const log: string[] = [];
  for (const { effects } of steps) {
    for (const effect of effects) {
      const timer = 'timer' in effect ? String(effect.timer) : '';
      if (effect.kind === 'set-timer') timers.add(timer);
      else if (effect.kind === 'cancel-timer') timers.delete(timer);
      else log.push(effect.kind);
    }
  }
  return { timers, log };
}

const followAccepted = (events: readonly AcceptedInviteEvent[]): AcceptedInviteStep[] => {
  const steps = [startAcceptedInvite(timing)];
  for (const event of events) {
    const { state } = steps.at(-1) ?? startAcceptedInvite(timing);
    steps.push(acceptedInviteTransition(state, event, timing));
  }
  return steps;
};

describe('the 2xx of a UAS (13.3.1.4)', () => {
  const repeat: AcceptedInviteEvent = { kind: 'timer', timer: 'repeat' };

  it('is repeated at T1 doubling up to T2', () => {
    const steps = followAccepted(Array.from({ length: 5 }, () => repeat));
    const waits = steps.flatMap(({ effects }) =>
      effects.flatMap((effect) =>
        effect.kind === 'set-timer' && effect.timer === 'repeat' ? [effect.afterMs] : [],
      ),
    );
    expect(waits).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
  });

  it.each([
    ['the ACK', [{ kind: 'ack' }, { kind: 'ack' }], ['confirm']],
    ['64*T1', [{ kind: 'timer', timer: 'limit' }, { kind: 'ack' }], ['give-up']],
    ['the end of the dialog', [{ kind: 'ended' }, { kind: 'ack' }], []],
  ] as const)('%s ends it, once', (_what, events, expected) => {
    const { timers, log } = runAll(followAccepted(events));
    // the timer that fired is not cancelled by name in the real shell: it is gone already
    expect(timers.size).toBe(0);
    expect(log).toEqual(expected);
  });
});

const cases: readonly (readonly [string, readonly OutgoingInviteEvent[], readonly string[]])[] = [
  ['a call that is answered', [p('provisional'), s('a')], ['deliver', 'deliver']],
  ['an answer with no provisional', [s('a')], ['deliver']],
  ['a repeated 2xx', [s('a'), s('a')], ['deliver', 'repeat-ack']],
  ['a 2xx of another fork', [s('a'), s('b')], ['deliver', 'accept-and-end']],
  ['a CANCEL before any response waits', [p('cancel')], []],
  ['... for a provisional', [p('cancel'), p('provisional')], ['send-cancel']],
  ['... or finds a refusal', [p('cancel'), p('failure')], ['deliver']],
  ['... or an answer', [p('cancel'), s('a')], ['accept-and-end', 'tell-cancelled']],
  [
    'a CANCEL while it rings',
    [p('provisional'), p('cancel'), p('failure')],
    ['deliver', 'send-cancel', 'deliver'],
  ],
  [
    'one CANCEL is enough',
    [p('provisional'), p('cancel'), p('cancel')],
    ['deliver', 'send-cancel'],
  ],
  [
    'a crossing 2xx',
    [p('provisional'), p('cancel'), s('a')],
    ['deliver', 'send-cancel', 'accept-and-end', 'tell-cancelled'],
  ],
  [
    'its repeat',
    [p('cancel'), s('a'), s('a')],
    ['accept-and-end', 'tell-cancelled', 'accept-and-end'],
  ],
  [
    'no word after the CANCEL',
    [p('provisional'), p('cancel'), { kind: 'timer', timer: 'cancelled' }],
    ['deliver', 'send-cancel', 'tell-cancelled', 'abandon'],
  ],
  [
    'a phone that rings too long',
    [p('provisional'), p('rings-too-long')],
    ['deliver', 'send-cancel'],
  ],
  ['a CANCEL after the answer', [s('a'), p('cancel')], ['deliver']],
];

function p(
  kind: 'cancel' | 'dialog-ended' | 'provisional' | 'failure' | 'rings-too-long',
): OutgoingInviteEvent {
  return { kind };
}

function s(toTag: string): OutgoingInviteEvent {
  return { kind: 'success', toTag };
}

const followOutgoing = (
  events: readonly OutgoingInviteEvent[],
): ReturnType<typeof outgoingInviteTransition>[] => {
  let state: OutgoingInviteState = firstOutgoingInvite;
  return events.map((event) => {
    const step = outgoingInviteTransition(state, event, 500);
    state = step.state;
    return step;
  });
};

describe('the INVITE of a UAC', () => {
  it.each(cases)('%s', (_what, events, expected) => {
    expect(runAll(followOutgoing(events)).log).toEqual(expected);
  });

  const event = fc.constantFrom<OutgoingInviteEvent>(
    p('cancel'),
    p('dialog-ended'),
    p('provisional'),
    p('failure'),
    p('rings-too-long'),
    s('a'),
    s('b'),
  );

  test.prop([fc.array(event, { maxLength: 12 })])(
    'sends at most one CANCEL, leaves no timer once decided, gives one call at most to the application',
    (events) => {
      const steps = followOutgoing(events);
      const { timers, log } = runAll(steps);
      const kind = steps.at(-1)?.state.kind ?? 'calling';
      expect(timers.size).toBe(kind === 'cancelling' ? 1 : 0);
      expect(log.filter((each) => each === 'send-cancel').length).toBeLessThan(2);
      const answered = steps.filter(({ state, effects }, index) => {
        const isAnswer = events[index]?.kind === 'success';
        return (
          isAnswer && state.kind === 'answered' && effects.some((each) => each.kind === 'deliver')
        );
      });
      expect(answered.length).toBeLessThan(2);
      for (const [index, step] of steps.entries()) {
        // no 2xx is ever left without an ACK: delivered, repeated or ended
        if (events[index]?.kind === 'success') expect(step.effects.length).toBeGreaterThan(0);
      }
    },
  );
});
