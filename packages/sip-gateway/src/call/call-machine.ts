import { change, draftOf } from './call-draft.ts';
import type { EndCause } from './call-effect.ts';
import type { CallEvent } from './call-event.ts';
import type { Call, CallState, Transition } from './call-state.ts';
import { closeCall, refuseFork, whileEnding } from './close-call.ts';
import { closeReOffering, startReOffer, whileReOffering } from './re-offer.ts';
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
  const end = (cause: EndCause, status: number): Transition =>
    state.kind === 're-offering'
      ? closeReOffering(draft, state.reOffer, { cause, status })
      : closeCall(draft, { cause, status });
  if (event.kind === 'relay-failed') return end('relay-failed', 503);
  const isUp = state.kind !== 'offering' && state.kind !== 'early';
  if (event.kind === 'media-timed-out' && isUp) return end('media-timed-out', 480);
  if (event.kind !== 'bye' || !hasDialog(state.call, event.from)) return undefined;
  change(draft, event.from === 'a' ? { a: 'closed' } : { b: 'closed' });
  return end('hung-up', state.kind === 're-offering' ? 487 : 480);
}

function hasDialog({ a, b }: Call, leg: 'a' | 'b'): boolean {
  return leg === 'a' ? a === 'answered' || a === 'confirmed' : b === 'confirmed';
}
