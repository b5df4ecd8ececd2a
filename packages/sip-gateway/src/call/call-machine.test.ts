import { describe, expect, it } from 'vitest';
import type { CallEvent } from './call-event.ts';
import type { CallState } from './call-state.ts';
import { transition } from './call-machine.ts';
import { mapFailure } from './map-failure.ts';

/** Plays events from the start; gives the last state's kind and, for each event, its effects in short. */
function play(...events: readonly CallEvent[]): { kind: string; effects: readonly string[][] } {
  let state: CallState = { kind: 'idle' };
  const effects: string[][] = [];
  for (const event of events) {
    const step = transition(state, event);
    state = step.state;
    effects.push(step.effects.map((effect) => Object.values(effect).filter(isShown).join(' ')));
  }
  return { kind: state.kind, effects };
}

function isShown(value: unknown): boolean {
  return value !== undefined;
}

const invite: CallEvent = { kind: 'invite', sdp: 'offer-a' };
const offered: CallEvent = { kind: 'relay-done', turn: 1, sdp: 'offer-b' };
const answer: CallEvent = { kind: 'answer', fork: 'f1', sdp: 'answer-b' };
const relayed: CallEvent = { kind: 'relay-done', turn: 2, sdp: 'answer-a' };
const ack: CallEvent = { kind: 'ack', from: 'a', sdp: undefined };
const up = [invite, offered, answer, relayed, ack];
const hold: CallEvent = { kind: 're-invite', from: 'a', id: 'r1', sdp: 'hold-a' };
const bothHungUp = (cause: string): unknown => [
  'ended',
  ['bye a', 'bye b f1', 'release-relay', cause],
];
const done = (turn: number): CallEvent => ({ kind: 'relay-done', turn, sdp: `told-${turn}` });
const lastOf = (played: ReturnType<typeof play>): unknown => [played.kind, played.effects.at(-1)];

describe('a call that is answered', () => {
  it('goes through the relay in both directions', () => {
    expect(play(...up)).toEqual({
      kind: 'confirmed',
      effects: [
        ['start-timer setup', 'relay offer 1 a offer-a'],
        ['invite-b offer-b'],
        ['ack-b f1', 'relay answer 2 b answer-b'],
        ['stop-timer setup', 'answer-a f1 answer-a', 'start-timer ack'],
        ['stop-timer ack'],
      ],
    });
  });

  it.each([
    ['a', 'bye b f1'],
    ['b', 'bye a'],
  ] as const)('is ended by the BYE of %s', (from, bye) => {
    expect(lastOf(play(...up, { kind: 'bye', from }))).toEqual([
      'ended',
      [bye, 'release-relay', 'ended hung-up'],
    ]);
  });

  it('is hung up on both sides when its media is gone', () => {
    expect(lastOf(play(...up, { kind: 'media-timed-out' }))).toEqual(
      bothHungUp('ended media-timed-out'),
    );
    expect(lastOf(play(...up, { kind: 'relay-failed' }))).toEqual(bothHungUp('ended relay-failed'));
  });

  it('takes no second fork, and no repeated 2xx for one', () => {
    expect(lastOf(play(...up, { kind: 'answer', fork: 'f2', sdp: 'x' }))).toEqual([
      'confirmed',
      ['ack-b f2', 'bye b f2'],
    ]);
    expect(lastOf(play(...up, answer))).toEqual(['confirmed', []]);
  });
});

describe('before the answer', () => {
  const ringing: CallEvent = { kind: 'provisional', fork: 'f1', status: 180, sdp: undefined };
  const early: CallEvent = { kind: 'provisional', fork: 'f1', status: 183, sdp: 'early-b' };

  it('each fork rings in a dialog of its own, early media by way of the relay', () => {
    const other: CallEvent = { kind: 'provisional', fork: 'f2', status: 183, sdp: 'early-f2' };
    const { kind, effects } = play(invite, offered, ringing, early, other, done(2), done(3));
    expect(kind).toBe('early');
    expect(effects.slice(2)).toEqual([
      ['ring-a f1 180'],
      ['relay answer 2 b early-b'],
      ['relay answer 3 b early-f2'],
      ['ring-a f1 183 told-2'],
      ['ring-a f2 183 told-3'],
    ]);
  });

  it('a 2xx without SDP stands for the early answer of its fork, and without one for nothing', () => {
    const bare: CallEvent = { kind: 'answer', fork: 'f1', sdp: undefined };
    const { kind, effects } = play(invite, offered, early, relayed, bare, done(3));
    expect([kind, effects.slice(4)]).toEqual([
      'answered',
      [
        ['ack-b f1', 'relay answer 3 b early-b'],
        ['stop-timer setup', 'answer-a f1 told-3', 'start-timer ack'],
      ],
    ]);
    expect(lastOf(play(invite, offered, bare))).toEqual([
      'ended',
      ['ack-b f1', 'stop-timer setup', 'refuse-a 502', 'bye b f1', 'release-relay', 'ended failed'],
    ]);
  });

  it('a 2xx without SDP brings the relay back to its fork, when another one was early since', () => {
    const other: CallEvent = { kind: 'provisional', fork: 'f2', status: 183, sdp: 'early-f2' };
    const bare: CallEvent = { kind: 'answer', fork: 'f1', sdp: undefined };
    expect(lastOf(play(invite, offered, early, done(2), other, done(3), bare))).toEqual([
      'answered',
      ['ack-b f1', 'relay answer 4 b early-b'],
    ]);
  });

  it('a 2xx without SDP stands for the early answer that the relay is still at', () => {
    const bare: CallEvent = { kind: 'answer', fork: 'f1', sdp: undefined };
    expect(lastOf(play(invite, offered, early, bare))).toEqual([
      'answered',
      ['ack-b f1', 'relay answer 3 b early-b'],
    ]);
    const other: CallEvent = { kind: 'provisional', fork: 'f2', status: 183, sdp: 'early-f2' };
    expect(lastOf(play(invite, offered, early, done(2), other, bare))).toEqual([
      'answered',
      ['ack-b f1', 'relay answer 4 b early-b'],
    ]);
  });

  it('forks whose early answers come at once are as many as those that come one by one', () => {
    const forks = Array.from({ length: 20 }, (_, at): CallEvent => {
      return { kind: 'provisional', fork: `f${at}`, status: 183, sdp: 'early' };
    });
    const { effects } = play(invite, offered, ...forks);
    expect(effects.flat().filter((each) => each.startsWith('relay answer'))).toHaveLength(16);
    expect(lastOf(play(invite, offered, ...forks))).toEqual(['early', ['ring-a f19 183']]);
  });

  it('early media that the relay refuses costs the ringback tone alone', () => {
    const no: CallEvent = { kind: 'relay-refused', turn: 2, status: 503 };
    expect(lastOf(play(invite, offered, early, no))).toEqual(['early', ['ring-a f1 183']]);
  });

  it('a relay that refuses the offer refuses the call, and B is never called', () => {
    const no: CallEvent = { kind: 'relay-refused', turn: 1, status: 503 };
    expect(lastOf(play(invite, no))).toEqual([
      'ended',
      ['stop-timer setup', 'refuse-a 503', 'release-relay', 'ended refused'],
    ]);
  });

  it('a BYE of A in an early dialog ends the call like a CANCEL, with our 487', () => {
    const { kind, effects } = play(
      invite,
      offered,
      ringing,
      { kind: 'bye', from: 'a' },
      { kind: 'failure', status: 487 },
    );
    expect([kind, effects.slice(3)]).toEqual([
      'ended',
      [
        ['stop-timer setup', 'refuse-a 487', 'cancel-b', 'start-timer drain', 'release-relay'],
        ['stop-timer drain', 'ended hung-up'],
      ],
    ]);
  });

  it("a CANCEL while the relay is asked ends it, and the relay's late word changes nothing", () => {
    const { kind, effects } = play(invite, { kind: 'cancel' }, offered);
    expect([kind, effects.slice(1)]).toEqual([
      'ended',
      [['stop-timer setup', 'release-relay', 'ended cancelled'], []],
    ]);
  });

  it('a CANCEL that crosses the 200 of B: acknowledged and hung up', () => {
    const { kind, effects } = play(invite, offered, { kind: 'cancel' }, answer);
    expect([kind, effects.slice(2)]).toEqual([
      'ended',
      [
        ['stop-timer setup', 'cancel-b', 'start-timer drain', 'release-relay'],
        ['ack-b f1', 'bye b f1', 'stop-timer drain', 'ended cancelled'],
      ],
    ]);
  });

  it('nobody answers: 408 to A, CANCEL to B, whose final response ends it', () => {
    const setup: CallEvent = { kind: 'timer', timer: 'setup' };
    const { kind, effects } = play(invite, offered, setup, { kind: 'failure', status: 487 });
    expect([kind, effects.slice(2)]).toEqual([
      'ended',
      [
        ['refuse-a 408', 'cancel-b', 'start-timer drain', 'release-relay'],
        ['stop-timer drain', 'ended no-answer'],
      ],
    ]);
  });

  it.each([
    [486, 486],
    [603, 603],
    [302, 480],
    [401, 403],
    [407, 403],
    [487, 480],
    [503, 500],
    [200, 500],
    [Number.NaN, 500],
  ])('B says %i, A gets %i', (status, told) => {
    expect(mapFailure(status)).toBe(told);
  });
});

describe('an INVITE without an offer', () => {
  const asked: readonly CallEvent[] = [{ kind: 'invite', sdp: undefined }];
  const offers: CallEvent = { kind: 'answer', fork: 'f1', sdp: 'offer-b' };
  const answers: CallEvent = { kind: 'ack', from: 'a', sdp: 'answer-a' };

  it("takes B's offer to A in the 200, and A's answer to B in the ACK", () => {
    expect(play(...asked, offers, done(1), answers, done(2))).toEqual({
      kind: 'confirmed',
      effects: [
        ['start-timer setup', 'invite-b'],
        ['relay offer 1 b offer-b'],
        ['stop-timer setup', 'answer-a f1 told-1', 'start-timer ack'],
        ['stop-timer ack', 'relay answer 2 a answer-a'],
        ['ack-b f1 told-2'],
      ],
    });
  });

  it('B rings with a description that may be no offer yet: A hears that it rings', () => {
    const early: CallEvent = { kind: 'provisional', fork: 'f1', status: 183, sdp: 'preview' };
    expect(lastOf(play(...asked, early))).toEqual(['early', ['ring-a f1 183']]);
  });

  it('B answers without one either: acknowledged, hung up, 502', () => {
    const bare: CallEvent = { kind: 'answer', fork: 'f1', sdp: undefined };
    expect(lastOf(play(...asked, bare))).toEqual([
      'ended',
      ['stop-timer setup', 'refuse-a 502', 'ack-b f1', 'bye b f1', 'ended failed'],
    ]);
  });

  it.each([
    ['A acknowledges with no answer', [{ kind: 'ack', from: 'a', sdp: undefined }]],
    ['the relay refuses the answer', [answers, { kind: 'relay-refused', turn: 2, status: 488 }]],
  ] as const)('%s: B gets its ACK all the same, and both a BYE', (_title, events) => {
    const { kind, effects } = play(...asked, offers, done(1), ...events);
    expect(kind).toBe('ended');
    const last = ['bye a', 'ack-b f1', 'bye b f1', 'release-relay', 'ended failed'];
    expect(effects.at(-1)?.slice(-5)).toEqual(last);
  });

  it('A never acknowledges: B is acknowledged and hung up', () => {
    expect(lastOf(play(...asked, offers, done(1), { kind: 'timer', timer: 'ack' }))).toEqual([
      'ended',
      ['bye a', 'ack-b f1', 'bye b f1', 'release-relay', 'ended no-ack'],
    ]);
  });

  it('A gives up while B makes its offer', () => {
    expect(lastOf(play(...asked, offers, { kind: 'cancel' }))).toEqual([
      'ended',
      ['stop-timer setup', 'ack-b f1', 'bye b f1', 'release-relay', 'ended cancelled'],
    ]);
  });
});

describe('a call that nobody hears of any more', () => {
  it('is ended at once, whatever it waits for', () => {
    const lost: CallEvent = { kind: 'signalling-lost' };
    expect(lastOf(play(...up, lost))).toEqual(bothHungUp('ended signalling-lost'));
    const ringing = play(invite, offered, lost);
    expect([ringing.kind, ringing.effects.at(-1)?.at(-1)]).toEqual([
      'ended',
      'ended signalling-lost',
    ]);
    const unacknowledged = play(...up.slice(0, -1), lost);
    expect([unacknowledged.kind, unacknowledged.effects.at(-1)]).toEqual([
      'ended',
      ['bye b f1', 'release-relay', 'bye a', 'stop-timer ack', 'ended signalling-lost'],
    ]);
    const draining = play(invite, offered, { kind: 'cancel' }, lost);
    expect(draining.effects.at(-1)).toEqual(['stop-timer drain', 'ended cancelled']);
  });

  it('was answered by us, but the answer could not be sent: B is hung up, A is over', () => {
    expect(lastOf(play(...up.slice(0, -1), { kind: 'answer-refused' }))).toEqual([
      'ended',
      ['bye b f1', 'release-relay', 'stop-timer ack', 'ended failed'],
    ]);
  });

  it('was told something untrue, or the gateway stops: both legs are hung up', () => {
    expect(lastOf(play(...up, { kind: 'told-untrue' }))).toEqual(bothHungUp('ended told-untrue'));
    expect(lastOf(play(...up, { kind: 'shutdown' }))).toEqual(bothHungUp('ended shutdown'));
  });
});

describe('a 200 that A does not acknowledge', () => {
  const answered = up.slice(0, -1);
  it('B hangs up meanwhile: BYE to A only after its ACK', () => {
    const { kind, effects } = play(...answered, { kind: 'bye', from: 'b' }, ack);
    expect([kind, effects.slice(4)]).toEqual([
      'ended',
      [['release-relay'], ['bye a', 'stop-timer ack', 'ended hung-up']],
    ]);
  });

  it('is given up after its time, on both sides', () => {
    expect(lastOf(play(...answered, { kind: 'timer', timer: 'ack' }))).toEqual([
      'ended',
      ['bye a', 'bye b f1', 'release-relay', 'ended no-ack'],
    ]);
  });
});

describe('a re-INVITE', () => {
  const asked = [...up, hold, { kind: 'relay-done', turn: 3, sdp: 'hold-b' } as const];

  it('goes to the other leg and its answer back', () => {
    const { kind, effects } = play(
      ...asked,
      { kind: 're-answer', sdp: 'held-b' },
      { kind: 'relay-done', turn: 4, sdp: 'held-a' },
    );
    expect([kind, effects.slice(5)]).toEqual([
      'confirmed',
      [
        ['relay offer 3 a hold-a'],
        ['re-invite b hold-b', 'start-timer re-invite'],
        ['stop-timer re-invite', 'ack-re-invite b', 'relay answer 4 b held-b'],
        ['answer-re-invite a r1 held-a'],
      ],
    ]);
  });

  it('is refused as the other leg refuses it, and the call goes on', () => {
    expect(lastOf(play(...asked, { kind: 're-failure', status: 488 }))).toEqual([
      'confirmed',
      ['stop-timer re-invite', 'refuse-re-invite a r1 488', 'withdraw-offer'],
    ]);
  });

  it.each([
    [302, 480],
    [401, 403],
    [407, 403],
    [491, 491],
    [503, 500],
    [603, 603],
  ])('the other leg says %i, who asked gets %i', (status, told) => {
    expect(lastOf(play(...asked, { kind: 're-failure', status }))).toEqual([
      'confirmed',
      ['stop-timer re-invite', `refuse-re-invite a r1 ${told}`, 'withdraw-offer'],
    ]);
  });

  it.each([
    ['a', 500],
    ['b', 491],
  ] as const)('a second one, of %s, gets %i', (from, status) => {
    expect(lastOf(play(...asked, { kind: 're-invite', from, id: 'r2', sdp: 'x' }))).toEqual([
      're-offering',
      [`refuse-re-invite ${from} r2 ${status}`],
    ]);
  });

  it.each([
    ['a 481', { kind: 're-failure', status: 481 }, 481],
    ['no answer', { kind: 'timer', timer: 're-invite' }, 408],
  ] as const)('%s of the other leg ends the call', (_title, event, status) => {
    const { kind, effects } = play(...asked, event);
    expect(kind).toBe('ended');
    expect(effects.at(-1)).toEqual(
      expect.arrayContaining([`refuse-re-invite a r1 ${status}`, 'bye a', 'bye b f1']),
    );
  });

  const gives: CallEvent = { kind: 're-cancel', from: 'a', id: 'r1' };

  it('that is given up is cancelled at the other leg, and the call goes on', () => {
    const { kind, effects } = play(...asked, gives, { kind: 're-failure', status: 487 });
    expect([kind, effects.slice(-2)]).toEqual([
      'confirmed',
      [['cancel-re-invite b'], ['stop-timer re-invite', 'withdraw-offer']],
    ]);
    expect(lastOf(play(...up, hold, gives))).toEqual(['confirmed', ['withdraw-offer']]);
    expect(lastOf(play(...asked, { kind: 're-cancel', from: 'a', id: 'r0' }))).toEqual([
      're-offering',
      [],
    ]);
  });

  it('that comes after one that was given up is not taken for it, however late the relay answers', () => {
    const next: CallEvent = { kind: 're-invite', from: 'a', id: 'r2', sdp: 'next-a' };
    const { kind, effects } = play(...up, hold, gives, next, done(3), done(4));
    expect([kind, effects.slice(-3)]).toEqual([
      're-offering',
      [['relay offer 4 a next-a'], [], ['re-invite b told-4', 'start-timer re-invite']],
    ]);
    const no: CallEvent = { kind: 'relay-refused', turn: 3, status: 503 };
    expect(lastOf(play(...up, hold, gives, next, no))).toEqual(['re-offering', []]);
  });

  it('that is given up too late ends the call: the two legs no longer fit', () => {
    const { kind, effects } = play(...asked, gives, { kind: 're-answer', sdp: 'held-b' });
    expect([kind, effects.at(-1)]).toEqual([
      'ended',
      [
        'stop-timer re-invite',
        'ack-re-invite b',
        'bye a',
        'bye b f1',
        'release-relay',
        'ended re-offer-failed',
      ],
    ]);
  });

  it('is answered when the other leg hangs up under it', () => {
    expect(lastOf(play(...asked, { kind: 'bye', from: 'b' }))).toEqual([
      'ended',
      [
        'refuse-re-invite a r1 487',
        'stop-timer re-invite',
        'bye a',
        'release-relay',
        'ended hung-up',
      ],
    ]);
  });
});

describe('a re-INVITE without an offer', () => {
  const asks: CallEvent = { kind: 're-invite', from: 'b', id: 'r1', sdp: undefined };
  const offers: CallEvent = { kind: 're-answer', sdp: 'offer-a' };
  const answers: CallEvent = { kind: 'ack', from: 'b', sdp: 'answer-b' };
  const asked = [...up, asks];
  const offered3 = [...asked, offers, done(3)];

  it('gets the offer of the other leg, which gets its answer in the ACK', () => {
    const { kind, effects } = play(...offered3, answers, done(4));
    expect([kind, effects.slice(5)]).toEqual([
      'confirmed',
      [
        ['re-invite a', 'start-timer re-invite'],
        ['stop-timer re-invite', 'relay offer 3 a offer-a'],
        ['answer-re-invite b r1 told-3', 'start-timer re-invite'],
        ['stop-timer re-invite', 'relay answer 4 b answer-b'],
        ['ack-re-invite a told-4'],
      ],
    ]);
  });

  it('is refused as the other leg refuses it, and the call goes on', () => {
    expect(lastOf(play(...asked, { kind: 're-failure', status: 491 }))).toEqual([
      'confirmed',
      ['stop-timer re-invite', 'refuse-re-invite b r1 491'],
    ]);
  });

  it.each<[string, CallEvent[], string[]]>([
    [
      '2xx of the other leg has none',
      [{ kind: 're-answer', sdp: undefined }],
      ['refuse-re-invite b r1 502'],
    ],
    [
      'relay refuses it',
      [offers, { kind: 'relay-refused', turn: 3, status: 488 }],
      ['refuse-re-invite b r1 488'],
    ],
    ['ACK holds no answer', [offers, done(3), { kind: 'ack', from: 'b', sdp: undefined }], []],
    ['ACK never comes', [offers, done(3), { kind: 'timer', timer: 're-invite' }], []],
  ])('%s: the other leg is acknowledged, and both are hung up', (_title, events, refused) => {
    const { kind, effects } = play(...asked, ...events);
    expect(kind).toBe('ended');
    const last = effects.at(-1)?.filter((effect) => effect !== 'stop-timer re-invite');
    expect(last).toEqual([
      'ack-re-invite a',
      ...refused,
      'bye a',
      'bye b f1',
      'release-relay',
      'ended re-offer-failed',
    ]);
  });

  it('the ACK of the other leg is none for it', () => {
    const other: CallEvent = { kind: 'ack', from: 'a', sdp: undefined };
    expect(lastOf(play(...offered3, other))).toEqual(['re-offering', []]);
  });
});
