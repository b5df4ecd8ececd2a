import type { LegName } from '../media/media-relay.ts';
import { change, draftOf, type CallDraft } from './call-draft.ts';
import type { EndCause } from './call-effect.ts';
import type { CallEvent } from './call-event.ts';
import type { Call, CallState, Transition } from './call-state.ts';
import { closeCall, closeCallAtOnce, refuseFork, whileEnding } from './close-call.ts';
import { refuseReInvite, startReOffer, whileReOffering } from './re-offer.ts';
import { startCall, whileAnswering, whileSettingUp } from './set-up-call.ts';

/**
 * The call of a back-to-back user agent: A calls us, we call B, media goes through the relay. One event in, the next state
 * and what is to be done out; an event that means nothing in a state changes nothing. Every INVITE gets one final
 * response, and whichever way a call ends, the relay is released, both legs are closed and no timer runs.
 */
export function transition(state: CallState, event: CallEvent): Transition {
  const before = timerTaken(state, event);
  const ended = endedByEvent(before, event);
  if (ended !== undefined) return ended;
  switch (before.kind) {
    case 'idle':
      return event.kind === 'invite' ? startCall(event.sdp) : { state: before, effects: [] };
    case 'offering':
    case 'early':
      return whileSettingUp(before.kind, before.call, event);
    case 'answered':
      return event.kind === 'answer'
        ? lateFork(before, event.fork)
        : whileAnswering(before.call, event);
    case 'confirmed':
      if (event.kind === 'answer') return lateFork(before, event.fork);
      if (event.kind === 're-invite') return startReOffer(before.call, event);
      return { state: before, effects: [] };
    case 're-offering':
      if (event.kind === 'answer') return lateFork(before, event.fork);
      return whileReOffering(before.call, before.reOffer, event);
    case 'ending':
      return whileEnding(before.call, before.cause, event);
    case 'ended':
      return { state: before, effects: [] };
    default:
      return before satisfies never;
  }
}

function lateFork(state: CallState, fork: string): Transition {
  if (!('call' in state)) return { state, effects: [] };
  const draft = draftOf(state.call);
  refuseFork(draft, fork);
  return { state: withCall(state, draft.call), effects: draft.effects };
}

/** A timer that has gone off runs no longer. */
function timerTaken(state: CallState, event: CallEvent): CallState {
  if (event.kind !== 'timer' || !('call' in state)) return state;
  const timers = state.call.timers.filter((timer) => timer !== event.timer);
  return withCall(state, { ...state.call, timers });
}

function withCall(state: Extract<CallState, { readonly call: Call }>, call: Call): CallState {
  switch (state.kind) {
    case 're-offering':
      return { kind: 're-offering', call, reOffer: state.reOffer };
    case 'ending':
      return { kind: 'ending', call, cause: state.cause };
    case 'offering':
    case 'early':
    case 'answered':
    case 'confirmed':
      return { kind: state.kind, call };
    default:
      return state satisfies never;
  }
}

/** What ends a call in every state that has media or a dialog. */
function endedByEvent(state: CallState, event: CallEvent): Transition | undefined {
  if (!('call' in state) || state.kind === 'ending') return undefined;
  const draft = draftOf(state.call);
  const isUp = state.kind !== 'offering' && state.kind !== 'early';
  switch (event.kind) {
    case 'relay-failed':
      return end(state, draft, { cause: 'relay-failed', status: 503 });
    case 'shutdown':
      return end(state, draft, { cause: 'shutdown', status: 503 });
    case 'told-untrue':
      return end(state, draft, { cause: 'told-untrue', status: 500 });
    case 'expired':
      if (state.call.a !== 'invited') return undefined;
      return end(state, draft, { cause: 'no-answer', status: 487 });
    case 'signalling-lost':
      return endAtOnce(state, draft);
    case 'media-timed-out':
      return isUp ? end(state, draft, { cause: 'media-timed-out', status: 480 }) : undefined;
    case 'answer-refused':
      if (state.call.a !== 'answered') return undefined;
      change(draft, { a: 'closed' });
      return end(state, draft, { cause: 'failed', status: 500 });
    case 'bye':
      return hungUp(state, draft, event.from);
    case 'ack':
    case 'answer':
    case 'cancel':
    case 'failure':
    case 'invite':
    case 'provisional':
    case 're-answer':
    case 're-cancel':
    case 're-failure':
    case 're-invite':
    case 'relay-done':
    case 'relay-refused':
    case 'timer':
      return undefined;
    default:
      return event satisfies never;
  }
}

type Open = Extract<CallState, { readonly call: Call }>;

function end(
  state: Open,
  draft: CallDraft,
  why: { readonly cause: EndCause; readonly status: number },
): Transition {
  if (state.kind === 're-offering') refuseReInvite(draft, state.reOffer, why.status);
  return closeCall(draft, why);
}

function endAtOnce(state: Open, draft: CallDraft): Transition {
  const why = { cause: 'signalling-lost', status: 503 } as const;
  if (state.kind === 're-offering') refuseReInvite(draft, state.reOffer, why.status);
  return closeCallAtOnce(draft, why);
}

function hungUp(state: Open, draft: CallDraft, from: LegName): Transition | undefined {
  const { a } = state.call;
  // RFC 3261, section 15: a caller may end an early dialog with BYE; our INVITE from it is over with that
  if (from === 'a' && a === 'invited') return end(state, draft, { cause: 'hung-up', status: 487 });
  if (!hasDialog(state.call, from)) return undefined;
  const { b, fork } = state.call;
  if (from === 'b' && b === 'answered' && fork !== undefined) {
    draft.effects.push({ kind: 'ack-b', fork, sdp: undefined });
  }
  change(draft, from === 'a' ? { a: 'closed' } : { b: 'closed' });
  return end(state, draft, {
    cause: 'hung-up',
    status: state.kind === 're-offering' ? 487 : 480,
  });
}

function hasDialog({ a, b }: Call, leg: LegName): boolean {
  return leg === 'a'
    ? a === 'answered' || a === 'confirmed'
    : b === 'confirmed' || b === 'answered';
}
