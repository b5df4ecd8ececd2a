import type { SessionTerms } from './session-terms.ts';

interface Lasting<K> {
  readonly kind: K;
  readonly terms: SessionTerms;
  /** Refreshes of ours in a row that came to nothing. */
  readonly failures: number;
}

/** One session's end when nobody refreshes it: RFC 4028 section 10. */
export type SessionTimerState =
  /** Lasts until a BYE. */
  | { readonly kind: 'unlimited' }
  | Lasting<'running'>
  /** Our refresh is out. */
  | Lasting<'refreshing'>
  | { readonly kind: 'over' };

export type SessionTimerName = 'refresh' | 'expiry';

export type SessionTimerEvent =
  /** A 2xx to an INVITE or UPDATE, of ours or of the peer. */
  | { readonly kind: 'agreed'; readonly terms: SessionTerms | undefined }
  | { readonly kind: 'timer'; readonly timer: SessionTimerName }
  /** The peer no longer knows the session, or does not answer. */
  | { readonly kind: 'lost' }
  /** Refused for now, or there is no way to send it. */
  | { readonly kind: 'refused'; readonly retryMs: number }
  /** 422: again, with the interval that it wants. */
  | { readonly kind: 'too-short'; readonly seconds: number }
  /** The dialog ended by other means. */
  | { readonly kind: 'ended' };

export type SessionTimerEffect = { readonly kind: 'send-refresh' } | { readonly kind: 'expire' };

type TimerEffect =
  | { readonly kind: 'set-timer'; readonly timer: SessionTimerName; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: SessionTimerName };

export interface SessionTimerStep {
  readonly state: SessionTimerState;
  readonly effects: readonly (SessionTimerEffect | TimerEffect)[];
}

export const unlimitedSession: SessionTimerState = { kind: 'unlimited' };

/**
 * Least time before the second next attempt; it doubles for each that follows. Section 10: a request that gets the same error is
 * not repeated continuously.
 */
const leastRetryMs = 10_000;
/** Each proxy on the way may ask for a longer interval than the last one did (section 8.1). More of that is no bargain. */
const raisesAtOnce = 4;

const stop: readonly TimerEffect[] = [
  { kind: 'cancel-timer', timer: 'refresh' },
  { kind: 'cancel-timer', timer: 'expiry' },
];

export function sessionTimerTransition(
  state: SessionTimerState,
  event: SessionTimerEvent,
): SessionTimerStep {
  if (state.kind === 'over') return { state, effects: [] };
  switch (event.kind) {
    case 'agreed':
      return agreed(event.terms);
    case 'ended':
      return { state: { kind: 'over' }, effects: stop };
    case 'timer':
      return event.timer === 'expiry' ? expired(state) : due(state);
    case 'lost':
      return state.kind === 'refreshing' ? expired(state) : { state, effects: [] };
    case 'refused':
      return state.kind === 'refreshing' ? again(state, event.retryMs) : { state, effects: [] };
    case 'too-short':
      return state.kind === 'refreshing' ? raised(state, event.seconds) : { state, effects: [] };
    default:
      return event satisfies never;
  }
}

/** Half of the interval for who refreshes; the end comes 32 seconds, or a third, early (section 10). */
function agreed(terms: SessionTerms | undefined): SessionTimerStep {
  if (terms === undefined) return { state: unlimitedSession, effects: stop };
  const { seconds, isRefresher } = terms;
  const expiryMs = (seconds - Math.min(32, seconds / 3)) * 1000;
  const refreshing: TimerEffect = isRefresher
    ? { kind: 'set-timer', timer: 'refresh', afterMs: (seconds / 2) * 1000 }
    : { kind: 'cancel-timer', timer: 'refresh' };
  const expiry: TimerEffect = { kind: 'set-timer', timer: 'expiry', afterMs: expiryMs };
  return { state: { kind: 'running', terms, failures: 0 }, effects: [refreshing, expiry] };
}

function due(state: SessionTimerState): SessionTimerStep {
  return state.kind === 'running' ? refresh(state) : { state, effects: [] };
}

function refresh({ terms, failures }: Omit<Lasting<string>, 'kind'>): SessionTimerStep {
  return { state: { kind: 'refreshing', terms, failures }, effects: [{ kind: 'send-refresh' }] };
}

function raised({ terms, failures }: Lasting<'refreshing'>, seconds: number): SessionTimerStep {
  const longer = { terms: { ...terms, seconds }, failures: failures + 1 };
  return failures < raisesAtOnce ? refresh(longer) : again(longer, leastRetryMs);
}

/** The session does not last any longer than it did: only a success moves its end (section 10). */
function again(
  { terms, failures }: Omit<Lasting<string>, 'kind'>,
  retryMs: number,
): SessionTimerStep {
  const leastMs = failures === 0 ? 0 : leastRetryMs * 2 ** (failures - 1);
  const afterMs = Math.max(retryMs, leastMs);
  return {
    state: { kind: 'running', terms, failures: failures + 1 },
    effects: [{ kind: 'set-timer', timer: 'refresh', afterMs }],
  };
}

function expired(state: SessionTimerState): SessionTimerStep {
  return state.kind === 'unlimited'
    ? { state, effects: [] }
    : { state: { kind: 'over' }, effects: [...stop, { kind: 'expire' }] };
}
