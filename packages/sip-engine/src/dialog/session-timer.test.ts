import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { headerField } from '../message/header-list.ts';
import { emptyBody, type SipRequest, type SipResponse } from '../message/message.ts';
import { leastSecondsOf, sessionExpiresOf } from '../message/session-expires.ts';
import { agreedTerms, isSessionTooShort, sessionAnswer, sessionRequest } from './session-terms.ts';
import {
  sessionTimerTransition,
  unlimitedSession,
  type SessionTimerEvent,
  type SessionTimerState,
} from './session-timer.ts';

const request = (...lines: readonly string[]): SipRequest => ({
  kind: 'request',
  method: 'INVITE',
  requestUri: 'sip:a@b',
  headers: fields(lines),
  body: emptyBody,
});
const success = (...lines: readonly string[]): SipResponse => ({
  kind: 'response',
  status: 200,
  reasonPhrase: 'OK',
  headers: fields(lines),
  body: emptyBody,
});
const fields = (lines: readonly string[]): SipRequest['headers'] =>
  lines.map((line) => {
    const [name = '', ...value] = line.split(': ');
    return headerField(name, value.join(': '));
  });
const textOf = (message: SipRequest['headers']): string[] =>
  message.map(({ name, value }) => `${name}: ${value}`);

describe('Session-Expires', () => {
  it.each([
    ['Session-Expires: 1800', 1800, undefined],
    ['x: 90;refresher=uac', 90, 'uac'],
    ['Session-Expires: 90 ; Refresher = UAS ; x', 90, 'uas'],
    ['Session-Expires: 90;refresher=proxy', 90, undefined],
  ])('%s', (line, seconds, refresher) => {
    expect(sessionExpiresOf(request(line))).toEqual({ seconds, refresher });
  });

  it.each(['Session-Expires: soon', 'Session-Expires: 0', 'Session-Expires: 9;;', 'Subject: 90'])(
    '%s says nothing',
    (line) => {
      expect(sessionExpiresOf(request(line))).toBeUndefined();
    },
  );

  it('Min-SE is 90 at least', () => {
    expect(
      [[], ['Min-SE: 30'], ['Min-SE: 300;x=y']].map((all) => leastSecondsOf(request(...all))),
    ).toEqual([90, 90, 300]);
  });
});

describe('who refreshes (RFC 4028 table 2)', () => {
  it.each([
    ['a caller that does not know the extension', ['x: 300'], 'uas'],
    ['and names somebody all the same', ['x: 300;refresher=uac'], 'uas'],
    ['a caller that leaves it open', ['x: 300', 'k: timer'], 'uac'],
    ['a caller that wants to', ['x: 300;refresher=uac', 'Supported: 100rel, timer'], 'uac'],
    ['a caller that does not want to', ['x: 300;refresher=uas', 'k: timer'], 'uas'],
  ])('%s', (_what, lines, refresher) => {
    const answer = sessionAnswer(request(...lines), undefined);
    const required = refresher === 'uac' ? ['Require: timer'] : [];
    expect(textOf(answer)).toEqual([...required, `Session-Expires: 300;refresher=${refresher}`]);
  });

  it('whoever did so before goes on', () => {
    const asked = request('x: 300', 'k: timer');
    const before = { seconds: 300, isRefresher: true };
    expect(textOf(sessionAnswer(asked, before))).toEqual(['Session-Expires: 300;refresher=uas']);
  });

  it('nothing is answered where nothing was asked, and 422 is only for who would understand', () => {
    expect(sessionAnswer(request('k: timer'), undefined)).toEqual([]);
    expect(isSessionTooShort(request('x: 89', 'k: timer'))).toBe(true);
    expect(isSessionTooShort(request('x: 89'))).toBe(false);
    expect(isSessionTooShort(request('x: 90', 'k: timer'))).toBe(false);
  });

  it('what a success agrees on, from both sides', () => {
    const agreed = success('Session-Expires: 300;refresher=uas');
    expect(agreedTerms(agreed, 'uas')).toEqual({ seconds: 300, isRefresher: true });
    expect(agreedTerms(agreed, 'uac')).toEqual({ seconds: 300, isRefresher: false });
    expect(agreedTerms(success('x: 300'), 'uac')).toEqual({ seconds: 300, isRefresher: true });
    expect(agreedTerms(success(), 'uac')).toBeUndefined();
  });

  it('a request of ours says it again', () => {
    const terms = { seconds: 300, isRefresher: false };
    expect(textOf(sessionRequest(terms, 90))).toEqual([
      'Supported: timer',
      'Session-Expires: 300;refresher=uas',
      'Min-SE: 90',
    ]);
    expect(textOf(sessionRequest(terms, 200))).toContain('Min-SE: 200');
    expect(textOf(sessionRequest(terms, 400))).toContain('Min-SE: 300');
  });
});

/** Effects of these events in a row, in short, and where they lead. */
function play(...events: readonly SessionTimerEvent[]): {
  state: SessionTimerState;
  did: string[];
} {
  let state = unlimitedSession;
  const did: string[] = [];
  for (const event of events) {
    const step = sessionTimerTransition(state, event);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.kind === 'set-timer') did.push(`${effect.timer} in ${effect.afterMs}`);
      else if (effect.kind !== 'cancel-timer') did.push(effect.kind);
    }
  }
  return { state, did };
}

const ours = { kind: 'agreed', terms: { seconds: 90, isRefresher: true } } as const;
const theirs = { kind: 'agreed', terms: { seconds: 1800, isRefresher: false } } as const;
const due = { kind: 'timer', timer: 'refresh' } as const;
const expiry = { kind: 'timer', timer: 'expiry' } as const;

describe('the session timer', () => {
  it.each<readonly [string, readonly SessionTimerEvent[], readonly string[]]>([
    [
      'ours: half the time, and the end a third early',
      [ours],
      ['refresh in 45000', 'expiry in 60000'],
    ],
    ['theirs: the end 32 seconds early', [theirs], ['expiry in 1768000']],
    [
      'refreshed',
      [ours, due, ours],
      [
        'refresh in 45000',
        'expiry in 60000',
        'send-refresh',
        'refresh in 45000',
        'expiry in 60000',
      ],
    ],
    [
      'no longer known',
      [ours, due, { kind: 'lost' }],
      ['refresh in 45000', 'expiry in 60000', 'send-refresh', 'expire'],
    ],
    [
      'refused for now',
      [ours, due, { kind: 'refused', retryMs: 5 }, due],
      ['refresh in 45000', 'expiry in 60000', 'send-refresh', 'refresh in 5', 'send-refresh'],
    ],
    [
      'too short',
      [ours, due, { kind: 'too-short', seconds: 300 }],
      ['refresh in 45000', 'expiry in 60000', 'send-refresh', 'send-refresh'],
    ],
    ['nobody refreshes', [theirs, expiry], ['expiry in 1768000', 'expire']],
    [
      'ended by a BYE',
      [ours, { kind: 'ended' }, due, expiry],
      ['refresh in 45000', 'expiry in 60000'],
    ],
    [
      'no longer wanted',
      [ours, { kind: 'agreed', terms: undefined }, due, expiry],
      ['refresh in 45000', 'expiry in 60000'],
    ],
  ])('%s', (_what, events, did) => {
    expect(play(...events).did).toEqual(did);
  });

  const event = fc.constantFrom<SessionTimerEvent>(
    ours,
    theirs,
    due,
    expiry,
    { kind: 'agreed', terms: undefined },
    { kind: 'lost' },
    { kind: 'refused', retryMs: 10 },
    { kind: 'too-short', seconds: 300 },
    { kind: 'ended' },
  );
  test.prop([fc.array(event, { maxLength: 20 })])(
    'expires once at most, and nothing comes after',
    (events) => {
      const { did } = play(...events);
      const end = did.indexOf('expire');
      if (end >= 0) expect(did.slice(end)).toEqual(['expire']);
    },
  );
});
