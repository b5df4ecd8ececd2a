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

/** INVITE server transaction: RFC 3261 section 17.2.1 figure 7, with Accepted of RFC 6026 section 8.5. */
export type InviteServerState<R extends Answer> =
  | { readonly kind: 'proceeding'; readonly last: R | undefined }
  | { readonly kind: 'completed'; readonly last: R; readonly intervalMs: number }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'terminated' };

/** What many transactions are in for 64*T1: one for all. */
const lasting = { accepted: { kind: 'accepted' }, confirmed: { kind: 'confirmed' } } as const;

type InviteServerStep<R extends Answer> = Step<InviteServerState<R>, ServerEffect<R>>;

/** The user answers 100 at once by a `respond` event of its own; C bounds how long it may ring. */
export function startInviteServer<R extends Answer>(
  timing: TransactionTiming,
): InviteServerStep<R> {
  return {
    state: { kind: 'proceeding', last: undefined },
    effects: [setTimer('C', timing.ringLimitMs)],
  };
}

export function inviteServerTransition<R extends Answer>(
  state: InviteServerState<R>,
  event: ServerEvent<R>,
  timing: TransactionTiming,
): InviteServerStep<R> {
  switch (state.kind) {
    case 'proceeding':
      return proceeding(state, event, timing);
    case 'completed':
      return completed(state, event, timing);
    case 'accepted':
      return accepted(state, event);
    case 'confirmed':
      return confirmed(state, event);
    case 'terminated':
      return stay(state);
    default:
      return state satisfies never;
  }
}

function proceeding<R extends Answer>(
  state: Extract<InviteServerState<R>, { kind: 'proceeding' }>,
  event: ServerEvent<R>,
  timing: TransactionTiming,
): InviteServerStep<R> {
  switch (event.kind) {
    case 'respond':
      return respond(event.response, timing);
    case 'retransmission':
      return state.last === undefined
        ? stay(state)
        : { state, effects: [{ kind: 'send-response', response: state.last }] };
    case 'timer':
      return event.timer === 'C'
        ? {
            state,
            effects: [{ kind: 'report', failure: 'no-final' }, setTimer('C', lifetimeMs(timing))],
          }
        : stay(state);
    case 'transport-error':
      // the answer was lost on the way out; the INVITE is repeated and so is the answer (RFC 6026, 7.1)
      return { state, effects: [{ kind: 'report', failure: 'transport-error' }] };
    case 'ack':
      return stay(state);
    case 'abandon':
      return end(['C']);
    default:
      return event satisfies never;
  }
}

function respond<R extends Answer>(response: R, timing: TransactionTiming): InviteServerStep<R> {
  const send: ServerEffect<R> = { kind: 'send-response', response };
  if (response.status < 200) {
    return { state: { kind: 'proceeding', last: response }, effects: [send] };
  }
  const stop = cancelTimers('C');
  if (response.status < 300) {
    return {
      state: lasting.accepted,
      effects: [...stop, setTimer('L', lifetimeMs(timing)), send],
    };
  }
  const repeat = timing.isReliable ? [] : [setTimer('G', timing.t1Ms)];
  return {
    state: { kind: 'completed', last: response, intervalMs: timing.t1Ms },
    effects: [...stop, ...repeat, setTimer('H', lifetimeMs(timing)), send],
  };
}

function completed<R extends Answer>(
  state: Extract<InviteServerState<R>, { kind: 'completed' }>,
  event: ServerEvent<R>,
  timing: TransactionTiming,
): InviteServerStep<R> {
  const repeating: readonly TimerName[] = timing.isReliable ? [] : ['G'];
  const send: ServerEffect<R> = { kind: 'send-response', response: state.last };
  switch (event.kind) {
    case 'retransmission':
      return { state, effects: [send] };
    case 'ack': {
      const stop = cancelTimers(...repeating, 'H');
      return timing.isReliable
        ? { state: { kind: 'terminated' }, effects: [...stop, { kind: 'terminate' }] }
        : { state: lasting.confirmed, effects: [...stop, setTimer('I', timing.t4Ms)] };
    }
    case 'timer': {
      if (event.timer === 'H') return end(repeating, 'timeout');
      if (event.timer !== 'G') return stay(state);
      const intervalMs = Math.min(state.intervalMs * 2, timing.t2Ms);
      return {
        state: { kind: 'completed', last: state.last, intervalMs },
        effects: [send, setTimer('G', intervalMs)],
      };
    }
    case 'transport-error':
      // as in Proceeding: G sends it again
      return { state, effects: [{ kind: 'report', failure: 'transport-error' }] };
    case 'respond':
      return stay(state);
    case 'abandon':
      return end([...repeating, 'H']);
    default:
      return event satisfies never;
  }
}

/** RFC 6026 section 7.1: repeated INVITEs are absorbed; the user repeats its 2xx and hears the ACK. */
function accepted<R extends Answer>(
  state: Extract<InviteServerState<R>, { kind: 'accepted' }>,
  event: ServerEvent<R>,
): InviteServerStep<R> {
  switch (event.kind) {
    case 'respond':
      return event.response.status >= 200 && event.response.status < 300
        ? { state, effects: [{ kind: 'send-response', response: event.response }] }
        : stay(state);
    case 'ack':
      return { state, effects: [{ kind: 'pass-ack' }] };
    case 'timer':
      return event.timer === 'L' ? end([]) : stay(state);
    case 'transport-error':
      return { state, effects: [{ kind: 'report', failure: 'transport-error' }] };
    case 'retransmission':
      return stay(state);
    case 'abandon':
      return end(['L']);
    default:
      return event satisfies never;
  }
}

function confirmed<R extends Answer>(
  state: Extract<InviteServerState<R>, { kind: 'confirmed' }>,
  event: ServerEvent<R>,
): InviteServerStep<R> {
  switch (event.kind) {
    case 'timer':
      return event.timer === 'I' ? end([]) : stay(state);
    case 'abandon':
      return end(['I']);
    case 'respond':
    case 'retransmission':
    case 'ack':
    case 'transport-error':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function end<R extends Answer>(
  running: readonly TimerName[],
  failure?: Failure,
): InviteServerStep<R> {
  const report: ServerEffect<R>[] = failure === undefined ? [] : [{ kind: 'report', failure }];
  return {
    state: { kind: 'terminated' },
    effects: [...cancelTimers(...running), ...report, { kind: 'terminate' }],
  };
}
