import type { TimerName } from './timing.ts';

/** What the machines need to know of a response. */
export interface Answer {
  readonly status: number;
}

/** Timers are effects; they come back as events. */
export type TimerEffect =
  | { readonly kind: 'set-timer'; readonly timer: TimerName; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: TimerName };

/** What ended without the other side: told to the transaction user. */
export type Failure = 'timeout' | 'transport-error' | 'no-final';

export type FailureEffect =
  | { readonly kind: 'report'; readonly failure: Failure }
  | { readonly kind: 'terminate' };

/** What a client transaction asks its shell to do, in this order. */
export type ClientEffect<R extends Answer> =
  | TimerEffect
  | FailureEffect
  | { readonly kind: 'send-request' }
  /** The ACK of a response that is no 2xx (17.1.1.3); a 2xx is acknowledged by the user. */
  | { readonly kind: 'send-ack'; readonly response: R }
  | { readonly kind: 'pass-response'; readonly response: R };

/** What a server transaction asks its shell to do, in this order. */
export type ServerEffect<R extends Answer> =
  | TimerEffect
  | FailureEffect
  | { readonly kind: 'send-response'; readonly response: R }
  /** The ACK of a 2xx (RFC 6026: in Accepted it goes to the user). */
  | { readonly kind: 'pass-ack' };

export type ClientEvent<R extends Answer> =
  | { readonly kind: 'response'; readonly response: R }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  | { readonly kind: 'transport-error' }
  /** The user gives up: nothing more is wanted of this transaction. */
  | { readonly kind: 'abandon' };

export type ServerEvent<R extends Answer> =
  | { readonly kind: 'respond'; readonly response: R }
  /** The same request again. */
  | { readonly kind: 'retransmission' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  | { readonly kind: 'transport-error' }
  | { readonly kind: 'abandon' };

/** A state and what is to be done on the way into it. */
export interface Step<S, E> {
  readonly state: S;
  readonly effects: readonly E[];
}

/** Nothing happens: the event means nothing in this state. */
export function stay<S, E>(state: S): Step<S, E> {
  return { state, effects: [] };
}

export function setTimer(timer: TimerName, afterMs: number): TimerEffect {
  return { kind: 'set-timer', timer, afterMs };
}

export function cancelTimers(...timers: readonly TimerName[]): TimerEffect[] {
  return timers.map((timer) => ({ kind: 'cancel-timer', timer }));
}
