import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import type { CallEffect } from './call-effect.ts';
import type { CallEvent, CallTimer } from './call-event.ts';
import type { CallState } from './call-state.ts';
import { transition } from './call-machine.ts';

/** What the world knows of a call by its effects alone: what runs, what is open, what was answered. */
interface Ledger {
  state: CallState;
  readonly seen: CallEffect[];
  /** Events that the machine was given, in their order. */
  readonly given: CallEvent[];
  readonly timers: Set<CallTimer>;
  readonly turns: Set<number>;
}

function begin(offer: string | undefined): Ledger {
  const ledger: Ledger = {
    state: { kind: 'idle' },
    seen: [],
    given: [],
    timers: new Set(),
    turns: new Set(),
  };
  give(ledger, { kind: 'invite', sdp: offer });
  return ledger;
}

function give(ledger: Ledger, event: CallEvent): void {
  // only a timer that runs goes off, and only a turn that is open comes back
  if (event.kind === 'timer' && !ledger.timers.delete(event.timer)) return;
  if ('turn' in event && !ledger.turns.delete(event.turn)) return;
  const wasEnded = ledger.state.kind === 'ended';
  const { state, effects } = transition(ledger.state, event);
  if (wasEnded) expect(effects).toEqual([]);
  ledger.given.push(event);
  ledger.state = state;
  for (const effect of effects) note(ledger, effect);
  if (state.kind === 'ended') expect([...ledger.timers]).toEqual([]);
}

function note({ seen, timers, turns }: Ledger, effect: CallEffect): void {
  seen.push(effect);
  if (effect.kind === 'start-timer') {
    expect(timers.has(effect.timer)).toBe(false);
    timers.add(effect.timer);
  }
  if (effect.kind === 'stop-timer') expect(timers.delete(effect.timer)).toBe(true);
  if (effect.kind === 'relay') turns.add(effect.turn);
}

const fork = fc.constantFrom('f1', 'f2', 'f3');
const leg = fc.constantFrom('a', 'b');
const sdp = fc.option(fc.constant('sdp'), { nil: undefined });
const status = fc.constantFrom(302, 401, 408, 481, 486, 487, 491, 503, 603);
const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.record({ kind: fc.constant('invite' as const), sdp }),
  fc.constantFrom<CallEvent>(
    { kind: 'cancel' },
    { kind: 'media-timed-out' },
    { kind: 'relay-failed' },
    { kind: 'answer-refused' },
    { kind: 'signalling-lost' },
    { kind: 'told-untrue' },
    { kind: 'expired' },
    { kind: 'shutdown' },
  ),
  fc.record({
    kind: fc.constant('provisional' as const),
    fork,
    status: fc.constantFrom(100, 180, 183),
    sdp,
  }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), fork, sdp }) },
  fc.record({ kind: fc.constant('failure' as const), status }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ack' as const), from: leg, sdp }) },
  fc.record({ kind: fc.constant('bye' as const), from: leg }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('re-invite' as const),
      from: leg,
      id: fc.uuid(),
      sdp,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('re-answer' as const), sdp }) },
  fc.record({ kind: fc.constant('re-failure' as const), status }),
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('relay-done' as const),
      turn: fc.integer({ min: 1, max: 8 }),
      sdp: fc.constant('told'),
    }),
  },
  fc.record({
    kind: fc.constant('relay-refused' as const),
    turn: fc.integer({ min: 1, max: 8 }),
    status,
  }),
  fc.record({
    kind: fc.constant('timer' as const),
    timer: fc.constantFrom<CallTimer>('setup', 'ack', 're-invite', 'drain'),
  }),
);

/** Both legs hang up, and whatever still runs out of time does. */
function finish(ledger: Ledger): void {
  give(ledger, { kind: 'cancel' });
  give(ledger, { kind: 'bye', from: 'a' });
  give(ledger, { kind: 'bye', from: 'b' });
  // a set that grows while it is walked is walked to its end
  for (const timer of ledger.timers) give(ledger, { kind: 'timer', timer });
}

const count = ({ seen }: Ledger, kind: CallEffect['kind']): number =>
  seen.filter((effect) => effect.kind === kind).length;

/** Events up to the first one of this kind that the call heeded; a CANCEL counts when A had no final response yet. */
function cancelHeeded({ seen }: Ledger): number {
  return seen.some((effect) => effect.kind === 'answer-a' || effect.kind === 'refuse-a') ? 0 : 1;
}

/** Real calls more often than chance alone would make them. */
function setUpOf(offer: string | undefined): readonly CallEvent[] {
  return offer === undefined ? lateSetUp : setUp;
}

const lateSetUp: readonly CallEvent[] = [
  { kind: 'answer', fork: 'f1', sdp: 'sdp' },
  { kind: 'relay-done', turn: 1, sdp: 'told' },
  { kind: 'ack', from: 'a', sdp: 'sdp' },
  { kind: 'relay-done', turn: 2, sdp: 'told' },
];

const setUp: readonly CallEvent[] = [
  { kind: 'relay-done', turn: 1, sdp: 'told' },
  { kind: 'answer', fork: 'f1', sdp: 'sdp' },
  { kind: 'relay-done', turn: 2, sdp: 'told' },
  { kind: 'ack', from: 'a', sdp: undefined },
];

test.prop([sdp, fc.integer({ min: 0, max: setUp.length }), fc.array(anyEvent, { maxLength: 40 })], {
  numRuns: 3000,
})('however a call goes, it ends once, with nothing left open', (offer, settled, events) => {
  const ledger = begin(offer);
  for (const event of setUpOf(offer).slice(0, settled)) give(ledger, event);
  for (const event of events) give(ledger, event);
  finish(ledger);
  const { seen, given, state } = ledger;
  expect(state.kind).toBe('ended');
  expect([count(ledger, 'ended'), seen.at(-1)?.kind]).toEqual([1, 'ended']);
  // A's INVITE has one final response: ours, or the 487 behind a CANCEL
  expect(count(ledger, 'answer-a') + count(ledger, 'refuse-a') + cancelHeeded(ledger)).toBe(1);
  if (cancelHeeded(ledger) === 1) expect(given.some(({ kind }) => kind === 'cancel')).toBe(true);
  // the relay is released once, and not asked again
  const released = seen.findIndex(({ kind }) => kind === 'release-relay');
  expect(count(ledger, 'release-relay')).toBe(count(ledger, 'relay') === 0 ? 0 : 1);
  expect(
    seen.slice(released === -1 ? seen.length : released).some(({ kind }) => kind === 'relay'),
  ).toBe(false);
});

test.prop([sdp, fc.integer({ min: 0, max: setUp.length }), fc.array(anyEvent, { maxLength: 40 })], {
  numRuns: 3000,
})(
  'every leg that was opened is closed, and every re-INVITE has one answer',
  (offer, settled, events) => {
    const ledger = begin(offer);
    for (const event of setUpOf(offer).slice(0, settled)) give(ledger, event);
    for (const event of events) give(ledger, event);
    const openBefore = ledger.given.length;
    finish(ledger);
    const { seen, given } = ledger;
    // every fork that answered was acknowledged, and hung up once at most: by us or by itself
    const acknowledged = seen.flatMap((effect) => (effect.kind === 'ack-b' ? [effect.fork] : []));
    const hungUp = seen.flatMap((effect) =>
      effect.kind === 'bye' && effect.leg === 'b' ? [effect.fork] : [],
    );
    const byItself = given.some((event) => event.kind === 'bye' && event.from === 'b');
    expect(new Set(hungUp).size).toBe(hungUp.length);
    expect(acknowledged.filter((each) => !hungUp.includes(each)).length).toBeLessThanOrEqual(
      byItself ? 1 : 0,
    );
    expect(hungUp.every((each) => each !== undefined && acknowledged.includes(each))).toBe(true);
    // an INVITE to B that nobody answered was refused by B or cancelled by us
    if (count(ledger, 'invite-b') === 1 && acknowledged.length === 0) {
      const refused = given.some(({ kind }) => kind === 'failure');
      expect(refused || count(ledger, 'cancel-b') === 1).toBe(true);
    }
    expect(count(ledger, 'cancel-b')).toBeLessThanOrEqual(1);
    // A is hung up once, by us or by itself, when it was answered
    expect(
      seen.filter((effect) => effect.kind === 'bye' && effect.leg === 'a').length,
    ).toBeLessThanOrEqual(count(ledger, 'answer-a'));
    const answered = seen.flatMap((effect) =>
      effect.kind === 'answer-re-invite' || effect.kind === 'refuse-re-invite' ? [effect.id] : [],
    );
    expect(new Set(answered).size).toBe(answered.length);
    expect(openBefore).toBeGreaterThan(0);
    const asked = reInvitesWhileOpen(given);
    expect(answered.toSorted()).toEqual(asked.toSorted());
  },
);

/** The re-INVITEs that came before the call had ended, found by playing the events again. */
function reInvitesWhileOpen(given: readonly CallEvent[]): readonly string[] {
  let state: CallState = { kind: 'idle' };
  const ids: string[] = [];
  for (const event of given) {
    if (event.kind === 're-invite' && state.kind !== 'ended') ids.push(event.id);
    state = transition(state, event).state;
  }
  return ids;
}
