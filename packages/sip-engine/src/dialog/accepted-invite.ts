/**
 * What a UAS does after its 2xx to an INVITE: RFC 3261 section 13.3.1.4. The 2xx is repeated from T1, doubling up to
 * T2, until the ACK comes; after 64*T1 without one the session is ended with a BYE.
 */
export type AcceptedInviteState =
  | { readonly kind: 'awaiting-ack'; readonly intervalMs: number }
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'given-up' };

export type AcceptedInviteTimer = 'repeat' | 'limit';

export type AcceptedInviteEvent =
  | { readonly kind: 'ack' }
  | { readonly kind: 'timer'; readonly timer: AcceptedInviteTimer }
  /** The dialog ended by other means: a BYE from either end. */
  | { readonly kind: 'ended' };

export type AcceptedInviteEffect =
  | { readonly kind: 'send-2xx' }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'give-up' };

type TimerEffect =
  | { readonly kind: 'set-timer'; readonly timer: AcceptedInviteTimer; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: AcceptedInviteTimer };

export interface AcceptedInviteStep {
  readonly state: AcceptedInviteState;
  readonly effects: readonly (AcceptedInviteEffect | TimerEffect)[];
}

export interface RepeatTiming {
  readonly t1Ms: number;
  readonly t2Ms: number;
}

const stop: readonly TimerEffect[] = [
  { kind: 'cancel-timer', timer: 'repeat' },
  { kind: 'cancel-timer', timer: 'limit' },
];

/** The 2xx itself has been sent by the transaction. */
export function startAcceptedInvite(timing: RepeatTiming): AcceptedInviteStep {
  return {
    state: { kind: 'awaiting-ack', intervalMs: timing.t1Ms },
    effects: [
      { kind: 'set-timer', timer: 'repeat', afterMs: timing.t1Ms },
      { kind: 'set-timer', timer: 'limit', afterMs: 64 * timing.t1Ms },
    ],
  };
}

export function acceptedInviteTransition(
  state: AcceptedInviteState,
  event: AcceptedInviteEvent,
  timing: RepeatTiming,
): AcceptedInviteStep {
  if (state.kind !== 'awaiting-ack') return { state, effects: [] };
  switch (event.kind) {
    case 'ack':
      return { state: { kind: 'acknowledged' }, effects: [...stop, { kind: 'confirm' }] };
    case 'ended':
      return { state: { kind: 'given-up' }, effects: stop };
    case 'timer':
      if (event.timer === 'limit') {
        return { state: { kind: 'given-up' }, effects: [...stop, { kind: 'give-up' }] };
      }
      return repeat(state.intervalMs, timing);
    default:
      return event satisfies never;
  }
}

function repeat(intervalMs: number, timing: RepeatTiming): AcceptedInviteStep {
  const nextMs = Math.min(intervalMs * 2, timing.t2Ms);
  return {
    state: { kind: 'awaiting-ack', intervalMs: nextMs },
    effects: [{ kind: 'send-2xx' }, { kind: 'set-timer', timer: 'repeat', afterMs: nextMs }],
  };
}
