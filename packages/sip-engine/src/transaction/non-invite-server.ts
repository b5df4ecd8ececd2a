import {
  cancelTimers,
  setTimer,
  stay,
  type Answer,
  type Failure,
  type ServerEffect,
  type ServerEvent,
  type Step,
} from './effect.ts';
import { lifetimeMs, type TimerName, type TransactionTiming } from './timing.ts';

/** Non-INVITE server transaction: RFC 3261 section 17.2.2, figure 8. */
export type NonInviteServerState<R extends Answer> =
  | { readonly kind: 'trying' }
  | { readonly kind: 'proceeding'; readonly last: R }
  | { readonly kind: 'completed'; readonly last: R }
  | { readonly kind: 'terminated' };

type NonInviteServerStep<R extends Answer> = Step<NonInviteServerState<R>, ServerEffect<R>>;

/** N ends it when the user never answers: after 64*T1 the client has given up (RFC 4320 section 4). */
export function startNonInviteServer<R extends Answer>(
  timing: TransactionTiming,
): NonInviteServerStep<R> {
  return { state: { kind: 'trying' }, effects: [setTimer('N', lifetimeMs(timing))] };
}

export function nonInviteServerTransition<R extends Answer>(
  state: NonInviteServerState<R>,
  event: ServerEvent<R>,
  timing: TransactionTiming,
): NonInviteServerStep<R> {
  switch (state.kind) {
    case 'trying':
      return event.kind === 'retransmission' ? stay(state) : unanswered(state, event, timing);
    case 'proceeding':
      return event.kind === 'retransmission'
        ? { state, effects: [{ kind: 'send-response', response: state.last }] }
        : unanswered(state, event, timing);
    case 'completed':
      return completed(state, event);
    case 'terminated':
      return stay(state);
    default:
      return state satisfies never;
  }
}

/** What Trying and Proceeding have in common. */
function unanswered<R extends Answer>(
  state: NonInviteServerState<R>,
  event: Exclude<ServerEvent<R>, { kind: 'retransmission' }>,
  timing: TransactionTiming,
): NonInviteServerStep<R> {
  switch (event.kind) {
    case 'respond':
      return respond(event.response, timing);
    case 'timer':
      return event.timer === 'N' ? end([], 'timeout') : stay(state);
    case 'transport-error':
      return failed(state);
    case 'ack':
      return stay(state);
    case 'abandon':
      return end(['N']);
    default:
      return event satisfies never;
  }
}

function respond<R extends Answer>(response: R, timing: TransactionTiming): NonInviteServerStep<R> {
  const send: ServerEffect<R> = { kind: 'send-response', response };
  if (response.status < 200) {
    return { state: { kind: 'proceeding', last: response }, effects: [send] };
  }
  const stop = cancelTimers('N');
  return timing.isReliable
    ? { state: { kind: 'terminated' }, effects: [...stop, send, { kind: 'terminate' }] }
    : {
        state: { kind: 'completed', last: response },
        effects: [...stop, setTimer('J', lifetimeMs(timing)), send],
      };
}

function completed<R extends Answer>(
  state: Extract<NonInviteServerState<R>, { kind: 'completed' }>,
  event: ServerEvent<R>,
): NonInviteServerStep<R> {
  switch (event.kind) {
    case 'retransmission':
      return { state, effects: [{ kind: 'send-response', response: state.last }] };
    case 'timer':
      return event.timer === 'J' ? end([]) : stay(state);
    case 'transport-error':
      return failed(state);
    case 'abandon':
      return end(['J']);
    case 'respond':
    case 'ack':
      return stay(state);
    default:
      return event satisfies never;
  }
}

/** RFC 6026, 8.8: it remains where it is; the request that comes again is no new one, and gets the same answer. */
function failed<R extends Answer>(state: NonInviteServerState<R>): NonInviteServerStep<R> {
  return { state, effects: [{ kind: 'report', failure: 'transport-error' }] };
}

function end<R extends Answer>(
  running: readonly TimerName[],
  failure?: Failure,
): NonInviteServerStep<R> {
  const report: ServerEffect<R>[] = failure === undefined ? [] : [{ kind: 'report', failure }];
  return {
    state: { kind: 'terminated' },
    effects: [...cancelTimers(...running), ...report, { kind: 'terminate' }],
  };
}
