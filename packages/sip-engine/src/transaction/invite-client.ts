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

/** INVITE client transaction: RFC 3261 section 17.1.1 figure 5, with Accepted of RFC 6026 section 8.4. */
export type InviteClientState =
  | { readonly kind: 'calling'; readonly intervalMs: number }
  | { readonly kind: 'proceeding' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'terminated' };

/** What many transactions are in for 64*T1: one for all. */
const lasting = { accepted: { kind: 'accepted' }, completed: { kind: 'completed' } } as const;

type InviteClientStep<R extends Answer> = Step<InviteClientState, ClientEffect<R>>;

/** 17.1.1.2: the INVITE goes out, timer A repeats it, timer B ends the wait. */
export function startInviteClient<R extends Answer>(
  timing: TransactionTiming,
): InviteClientStep<R> {
  const repeat = timing.isReliable ? [] : [setTimer('A', timing.t1Ms)];
  return {
    state: { kind: 'calling', intervalMs: timing.t1Ms },
    effects: [{ kind: 'send-request' }, ...repeat, setTimer('B', lifetimeMs(timing))],
  };
}

export function inviteClientTransition<R extends Answer>(
  state: InviteClientState,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): InviteClientStep<R> {
  switch (state.kind) {
    case 'calling':
      return calling(state, event, timing);
    case 'proceeding':
      return proceeding(state, event, timing);
    case 'completed':
      return completed(state, event);
    case 'accepted':
      return accepted(state, event);
    case 'terminated':
      return stay(state);
    default:
      return state satisfies never;
  }
}

function calling<R extends Answer>(
  state: Extract<InviteClientState, { kind: 'calling' }>,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): InviteClientStep<R> {
  const running: readonly TimerName[] = timing.isReliable ? ['B'] : ['A', 'B'];
  switch (event.kind) {
    case 'response':
      return answered(event.response, running, timing);
    case 'timer':
      if (event.timer === 'A') {
        const intervalMs = state.intervalMs * 2;
        return {
          state: { kind: 'calling', intervalMs },
          effects: [{ kind: 'send-request' }, setTimer('A', intervalMs)],
        };
      }
      return event.timer === 'B'
        ? end(
            running.filter((timer) => timer !== 'B'),
            'timeout',
          )
        : stay(state);
    case 'transport-error':
      return end(running, 'transport-error');
    case 'abandon':
      return end(running);
    default:
      return event satisfies never;
  }
}

function proceeding<R extends Answer>(
  state: Extract<InviteClientState, { kind: 'proceeding' }>,
  event: ClientEvent<R>,
  timing: TransactionTiming,
): InviteClientStep<R> {
  switch (event.kind) {
    case 'response':
      return answered(event.response, ['C'], timing);
    case 'timer':
      // the user sends CANCEL on this report; the wait for the 487 has its own end (9.1)
      return event.timer === 'C'
        ? {
            state,
            effects: [{ kind: 'report', failure: 'no-final' }, setTimer('C', lifetimeMs(timing))],
          }
        : stay(state);
    case 'transport-error':
      return stay(state);
    case 'abandon':
      return end(['C']);
    default:
      return event satisfies never;
  }
}

function completed<R extends Answer>(
  state: Extract<InviteClientState, { kind: 'completed' }>,
  event: ClientEvent<R>,
): InviteClientStep<R> {
  switch (event.kind) {
    case 'response':
      return event.response.status < 300
        ? stay(state)
        : { state, effects: [{ kind: 'send-ack', response: event.response }] };
    case 'timer':
      return event.timer === 'D' ? end([]) : stay(state);
    case 'transport-error':
      return end(['D'], 'transport-error');
    case 'abandon':
      return end(['D']);
    default:
      return event satisfies never;
  }
}

/** RFC 6026 section 7.2: repeated 2xx, and 2xx of other forks, still reach the user until timer M. */
function accepted<R extends Answer>(
  state: Extract<InviteClientState, { kind: 'accepted' }>,
  event: ClientEvent<R>,
): InviteClientStep<R> {
  switch (event.kind) {
    case 'response':
      return isSuccess(event.response.status)
        ? { state, effects: [{ kind: 'pass-response', response: event.response }] }
        : stay(state);
    case 'timer':
      return event.timer === 'M' ? end([]) : stay(state);
    case 'transport-error':
      return stay(state);
    case 'abandon':
      return end(['M']);
    default:
      return event satisfies never;
  }
}

function answered<R extends Answer>(
  response: R,
  running: readonly TimerName[],
  timing: TransactionTiming,
): InviteClientStep<R> {
  const pass: ClientEffect<R> = { kind: 'pass-response', response };
  const stop = cancelTimers(...running);
  if (response.status < 200) {
    return {
      state: { kind: 'proceeding' },
      effects: [...stop, setTimer('C', timing.ringLimitMs), pass],
    };
  }
  if (isSuccess(response.status)) {
    return {
      state: lasting.accepted,
      effects: [...stop, setTimer('M', lifetimeMs(timing)), pass],
    };
  }
  const acknowledge: ClientEffect<R> = { kind: 'send-ack', response };
  if (timing.isReliable) {
    return {
      state: { kind: 'terminated' },
      effects: [...stop, acknowledge, pass, { kind: 'terminate' }],
    };
  }
  // repeated finals shall meet somebody who acknowledges them
  const lingerMs = Math.max(timing.timerDMs, lifetimeMs(timing));
  return {
    state: lasting.completed,
    effects: [...stop, acknowledge, setTimer('D', lingerMs), pass],
  };
}

function end<R extends Answer>(
  running: readonly TimerName[],
  failure?: Failure,
): InviteClientStep<R> {
  const report: ClientEffect<R>[] = failure === undefined ? [] : [{ kind: 'report', failure }];
  return {
    state: { kind: 'terminated' },
    effects: [...cancelTimers(...running), ...report, { kind: 'terminate' }],
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
