import {
  askRelay,
  change,
  draftOf,
  startTimer,
  stopTimer,
  takeTurn,
  type CallDraft,
} from './call-draft.ts';
import type { CallEvent } from './call-event.ts';
import { newCall, type Call, type CallState, type Transition } from './call-state.ts';
import { closeCall } from './close-call.ts';
import { mapFailure } from './map-failure.ts';

type SetUp = 'offering' | 'early';

/** A's INVITE. One without an offer is refused: the offer would have to be B's. */
export function startCall(sdp: string | undefined): Transition {
  const draft = draftOf(newCall);
  if (sdp === undefined) return closeCall(draft, { cause: 'refused', status: 488 });
  startTimer(draft, 'setup');
  askRelay(draft, { kind: 'offer' }, { from: 'a', sdp });
  return at('offering', draft);
}

/** Until B answers. */
export function whileSettingUp(kind: SetUp, call: Call, event: CallEvent): Transition {
  const draft = draftOf(call);
  switch (event.kind) {
    case 'cancel':
      // the transaction layer has sent the 487 already
      change(draft, { a: 'closed' });
      return closeCall(draft, { cause: 'cancelled', status: 487 });
    case 'provisional':
      return call.b === 'inviting' ? ring(kind, draft, event) : at(kind, draft);
    case 'answer':
      return call.b === 'inviting' ? answer(draft, event) : at(kind, draft);
    case 'failure':
      if (call.b !== 'inviting') return at(kind, draft);
      change(draft, { b: 'closed' });
      return closeCall(draft, { cause: 'failed', status: mapFailure(event.status) });
    case 'relay-done':
      return relayed(kind, draft, event);
    case 'relay-refused':
      return relayRefused(kind, draft, event);
    case 'timer':
      if (event.timer !== 'setup') return at(kind, draft);
      return closeCall(draft, { cause: 'no-answer', status: 408 });
    case 're-invite': {
      const { from, id } = event;
      draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status: 491 });
      return at(kind, draft);
    }
    case 'ack':
    case 'bye':
    case 'invite':
    case 'media-timed-out':
    case 're-answer':
    case 're-failure':
    case 'relay-failed':
      return at(kind, draft);
    default:
      return event satisfies never;
  }
}

/** B has answered, A is being told. */
export function whileAnswering(call: Call, event: CallEvent): Transition {
  const draft = draftOf(call);
  switch (event.kind) {
    case 'relay-done':
      return takeTurn(draft, event.turn)?.kind === 'final'
        ? answerA(draft, event.sdp)
        : at('answered', draft);
    case 'relay-refused':
      return takeTurn(draft, event.turn)?.kind === 'final'
        ? closeCall(draft, { cause: 'failed', status: event.status })
        : at('answered', draft);
    case 'cancel':
      // a 200 that was sent stands, and A ends it with BYE
      if (call.a !== 'invited') return at('answered', draft);
      change(draft, { a: 'closed' });
      return closeCall(draft, { cause: 'cancelled', status: 487 });
    case 'ack':
      if (call.a !== 'answered') return at('answered', draft);
      stopTimer(draft, 'ack');
      change(draft, { a: 'confirmed' });
      return at('confirmed', draft);
    case 'timer':
      if (event.timer === 'setup') return closeCall(draft, { cause: 'no-answer', status: 408 });
      if (event.timer !== 'ack') return at('answered', draft);
      change(draft, { a: 'confirmed' });
      return closeCall(draft, { cause: 'no-ack', status: 408 });
    case 're-invite': {
      const { from, id } = event;
      draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status: 491 });
      return at('answered', draft);
    }
    case 'answer':
    case 'bye':
    case 'failure':
    case 'invite':
    case 'media-timed-out':
    case 'provisional':
    case 're-answer':
    case 're-failure':
    case 'relay-failed':
      return at('answered', draft);
    default:
      return event satisfies never;
  }
}

function ring(
  kind: SetUp,
  draft: CallDraft,
  { fork, status, sdp }: CallEvent & { readonly kind: 'provisional' },
): Transition {
  if (status <= 100) return at(kind, draft);
  if (sdp === undefined) draft.effects.push({ kind: 'ring-a', fork, status, sdp });
  else askRelay(draft, { kind: 'early', fork, status }, { from: 'b', fork, sdp });
  return at('early', draft);
}

/** RFC 3261, section 13.2.2.4: a 2xx is acknowledged at once, whatever becomes of it. */
function answer(
  draft: CallDraft,
  { fork, sdp }: CallEvent & { readonly kind: 'answer' },
): Transition {
  draft.effects.push({ kind: 'ack-b', fork });
  change(draft, { b: 'confirmed', fork });
  const told = draft.call.early.get(fork);
  if (sdp !== undefined) {
    askRelay(draft, { kind: 'final' }, { from: 'b', fork, sdp });
    return at('answered', draft);
  }
  // its answer came in a reliable provisional response
  if (told !== undefined) return answerA(draft, told);
  return closeCall(draft, { cause: 'failed', status: 502 });
}

function answerA(draft: CallDraft, sdp: string): Transition {
  stopTimer(draft, 'setup');
  draft.effects.push({ kind: 'answer-a', sdp });
  startTimer(draft, 'ack');
  change(draft, { a: 'answered' });
  return at('answered', draft);
}

function relayed(
  kind: SetUp,
  draft: CallDraft,
  { turn, sdp }: { readonly turn: number; readonly sdp: string },
): Transition {
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 'offer') {
    draft.effects.push({ kind: 'invite-b', sdp });
    change(draft, { b: 'inviting' });
  }
  if (purpose?.kind === 'early') {
    const { fork, status } = purpose;
    change(draft, { early: new Map([...draft.call.early, [fork, sdp]]) });
    draft.effects.push({ kind: 'ring-a', fork, status, sdp });
  }
  return at(kind, draft);
}

/** An early answer that cannot be relayed costs the ringback tone; an offer that cannot, the call. */
function relayRefused(
  kind: SetUp,
  draft: CallDraft,
  { turn, status }: { readonly turn: number; readonly status: number },
): Transition {
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 'offer') return closeCall(draft, { cause: 'refused', status });
  if (purpose?.kind === 'early') {
    const { fork, status: ringing } = purpose;
    draft.effects.push({ kind: 'ring-a', fork, status: ringing, sdp: undefined });
  }
  return at(kind, draft);
}

function at(kind: SetUp | 'answered' | 'confirmed', { call, effects }: CallDraft): Transition {
  const state: CallState = { kind, call };
  return { state, effects };
}
