import {
  cancelTimers,
  setTimer,
  stay,
  type Answer,
  type ClientEffect,
  type ClientEvent,
  type Failure,
  type Step,
} from './effect.ts';
import { lifetimeMs, type TimerName, type TransactionTiming } from './timing.ts';

/** Non-INVITE client transaction: RFC 3261 section 17.1.2, figure 6. */
export type NonInviteClientState =
  | { readonly kind: 'trying'; readonly intervalMs: number }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'terminated' };

/** What many transactions are in for T4: one for all. */
const completedState = { kind: 'completed' } as const;

type NonInviteClientStep<R extends Answer> = Step<NonInviteClientState, ClientEffect<R>>;

/** 17.1.2.2: the request goes out, timer E repeats it, timer F ends the wait. */
export function startNonInviteClient<R extends Answer>(
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  const repeat = timing.isReliable ? [] : [setTimer('E', timing.t1Ms)];
  return {
    state: { kind: 'trying', intervalMs: timing.t1Ms },
    effects: [{ kind: 'send-request' }, ...repeat, setTimer('F', lifetimeMs(timing))],
  };
}

export function nonInviteClientTransition<R extends Answer>(
  state: NonInviteClientState,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  switch (state.kind) {
    case 'trying':
      return trying(state, event, timing);
    case 'proceeding':
      return proceeding(state, event, timing);
    case 'completed':
      return completed(state, event);
    case 'terminated':
      return stay(state);
    default:
      return state satisfies never;
  }
}

function trying<R extends Answer>(
  state: Extract<NonInviteClientState, { kind: 'trying' }>,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  if (event.kind === 'timer' && event.timer === 'E') {
    const intervalMs = Math.min(state.intervalMs * 2, timing.t2Ms);
    return {
      state: { kind: 'trying', intervalMs },
      effects: [{ kind: 'send-request' }, setTimer('E', intervalMs)],
    };
  }
  return waiting(state, event, timing);
}

function proceeding<R extends Answer>(
  state: Extract<NonInviteClientState, { kind: 'proceeding' }>,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  if (event.kind === 'timer' && event.timer === 'E') {
    return { state, effects: [{ kind: 'send-request' }, setTimer('E', timing.t2Ms)] };
  }
  return waiting(state, event, timing);
}

/** What Trying and Proceeding have in common. */
function waiting<R extends Answer>(
  state: NonInviteClientState,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  const repeating: readonly TimerName[] = timing.isReliable ? [] : ['E'];
  switch (event.kind) {
    case 'response':
      return answered(event.response, repeating, timing);
    case 'timer':
      return event.timer === 'F' ? end(repeating, 'timeout') : stay(state);
    case 'transport-error':
      return end([...repeating, 'F'], 'transport-error');
    case 'abandon':
      return end([...repeating, 'F']);
    default:
      return event satisfies never;
  }
}

function completed<R extends Answer>(
  state: Extract<NonInviteClientState, { kind: 'completed' }>,
  event: ClientEvent<R>,
): NonInviteClientStep<R> {
  switch (event.kind) {
    case 'timer':
      return event.timer === 'K' ? end([]) : stay(state);
    case 'abandon':
      return end(['K']);
    case 'response':
    case 'transport-error':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function answered<R extends Answer>(
  response: R,
  repeating: readonly TimerName[],
  timing: TransactionTiming,
): NonInviteClientStep<R> {
  const pass: ClientEffect<R> = { kind: 'pass-response', response };
  if (response.status < 200) return { state: { kind: 'proceeding' }, effects: [pass] };
  const stop = cancelTimers(...repeating, 'F');
  if (timing.isReliable) {
    return { state: { kind: 'terminated' }, effects: [...stop, pass, { kind: 'terminate' }] };
  }
  return {
    state: completedState,
    effects: [...stop, setTimer('K', timing.t4Ms), pass],
  };
}

function end<R extends Answer>(
  running: readonly TimerName[],
  failure?: Failure,
): NonInviteClientStep<R> {
  const report: ClientEffect<R>[] = failure === undefined ? [] : [{ kind: 'report', failure }];
  return {
    state: { kind: 'terminated' },
    effects: [...cancelTimers(...running), ...report, { kind: 'terminate' }],
  };
}
