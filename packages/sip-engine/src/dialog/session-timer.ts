import type { SessionTerms } from './session-terms.ts';

/** One session's end when nobody refreshes it: RFC 4028 section 10. */
export type SessionTimerState =
  /** Lasts until a BYE. */
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'running'; readonly terms: SessionTerms }
  /** Our refresh is out. */
  | { readonly kind: 'refreshing'; readonly terms: SessionTerms }
  | { readonly kind: 'over' };

export type SessionTimerName = 'refresh' | 'expiry';

export type SessionTimerEvent =
  /** A 2xx to an INVITE or UPDATE, of ours or of the peer. */
  | { readonly kind: 'agreed'; readonly terms: SessionTerms | undefined }
  | { readonly kind: 'timer'; readonly timer: SessionTimerName }
  /** The peer no longer knows the session, or does not answer. */
  | { readonly kind: 'lost' }
  /** Refused for now. */
  | { readonly kind: 'refused'; readonly retryMs: number }
  /** 422: at once again, with the interval that it wants. */
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
      return state.kind === 'refreshing'
        ? again(state.terms, event.retryMs)
        : { state, effects: [] };
    case 'too-short':
      return state.kind === 'refreshing'
        ? refresh({ ...state.terms, seconds: event.seconds })
        : { state, effects: [] };
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
  return { state: { kind: 'running', terms }, effects: [refreshing, expiry] };
}

function due(state: SessionTimerState): SessionTimerStep {
  return state.kind === 'running' ? refresh(state.terms) : { state, effects: [] };
}

function refresh(terms: SessionTerms): SessionTimerStep {
  return { state: { kind: 'refreshing', terms }, effects: [{ kind: 'send-refresh' }] };
}

function again(terms: SessionTerms, retryMs: number): SessionTimerStep {
  return {
    state: { kind: 'running', terms },
    effects: [{ kind: 'set-timer', timer: 'refresh', afterMs: retryMs }],
  };
}

function expired(state: SessionTimerState): SessionTimerStep {
  return state.kind === 'unlimited'
    ? { state, effects: [] }
    : { state: { kind: 'over' }, effects: [...stop, { kind: 'expire' }] };
}
