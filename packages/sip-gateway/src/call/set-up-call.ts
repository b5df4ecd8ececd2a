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
import { mapFailure, mapPeerRefusal } from './map-failure.ts';

type SetUp = 'offering' | 'early';

/** Forks whose early media is taken; of any more A hears that they ring. */
const mostEarly = 16;

/** A's INVITE. One without an offer is passed on without one: the offer is then B's (RFC 3261, section 13.2.1). */
export function startCall(sdp: string | undefined): Transition {
  const draft = draftOf(newCall);
  startTimer(draft, 'setup');
  if (sdp === undefined) {
    change(draft, { offerer: 'b', b: 'inviting' });
    draft.effects.push({ kind: 'invite-b', sdp: undefined });
  } else askRelay(draft, { kind: 'offer' }, { from: 'a', sdp });
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
    case 're-cancel':
    case 're-failure':
    case 'relay-failed':
    case 'answer-refused':
    case 'shutdown':
    case 'signalling-lost':
    case 'told-untrue':
    case 'expired':
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
      return relayedFinal(draft, event);
    case 'relay-refused':
      return takeTurn(draft, event.turn) === undefined
        ? at('answered', draft)
        : closeCall(draft, { cause: 'failed', status: mapPeerRefusal(event.status) });
    case 'cancel':
      // a 200 that was sent stands, and A ends it with BYE
      if (call.a !== 'invited') return at('answered', draft);
      change(draft, { a: 'closed' });
      return closeCall(draft, { cause: 'cancelled', status: 487 });
    case 'ack':
      return event.from === 'a' && call.a === 'answered'
        ? acknowledged(draft, event.sdp)
        : at('answered', draft);
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
    case 're-cancel':
    case 're-failure':
    case 'relay-failed':
    case 'answer-refused':
    case 'shutdown':
    case 'signalling-lost':
    case 'told-untrue':
    case 'expired':
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
  // without 100rel a provisional response holds no offer (RFC 3261, section 13.2.1)
  const isKnown = draft.call.early.has(fork);
  const isTooMany = !isKnown && draft.call.early.size >= mostEarly;
  if (sdp === undefined || draft.call.offerer === 'b' || isTooMany) {
    draft.effects.push({ kind: 'ring-a', fork, status, sdp: undefined });
  } else {
    change(draft, { early: new Map([...draft.call.early, [fork, sdp]]) });
    askRelay(draft, { kind: 'early', fork, status }, { from: 'b', sdp });
  }
  return at('early', draft);
}

/** RFC 3261, section 13.2.2.4: a 2xx is acknowledged at once, whatever becomes of it; one with an offer, with its answer. */
function answer(
  draft: CallDraft,
  { fork, sdp }: CallEvent & { readonly kind: 'answer' },
): Transition {
  change(draft, { b: 'answered', fork });
  if (draft.call.offerer === 'b') {
    if (sdp === undefined) return closeCall(draft, { cause: 'failed', status: 502 });
    askRelay(draft, { kind: 'late-offer' }, { from: 'b', sdp });
    return at('answered', draft);
  }
  acknowledgeB(draft, undefined);
  // its answer may have come in a provisional response; the relay, with whichever fork it is by now, is asked all the same
  const own = sdp ?? draft.call.early.get(fork);
  if (own === undefined) return closeCall(draft, { cause: 'failed', status: 502 });
  askRelay(draft, { kind: 'final' }, { from: 'b', sdp: own });
  return at('answered', draft);
}

function acknowledgeB(draft: CallDraft, sdp: string | undefined): void {
  const { fork } = draft.call;
  if (fork !== undefined) draft.effects.push({ kind: 'ack-b', fork, sdp });
  change(draft, { b: 'confirmed' });
}

function answerA(draft: CallDraft, sdp: string): Transition {
  const { fork } = draft.call;
  stopTimer(draft, 'setup');
  if (fork !== undefined) draft.effects.push({ kind: 'answer-a', fork, sdp });
  startTimer(draft, 'ack');
  change(draft, { a: 'answered' });
  return at('answered', draft);
}

/** A's ACK: the end of the set-up, or the answer to B's offer. */
function acknowledged(draft: CallDraft, sdp: string | undefined): Transition {
  stopTimer(draft, 'ack');
  change(draft, { a: 'confirmed' });
  const { offerer, fork } = draft.call;
  if (offerer === 'a') return at('confirmed', draft);
  if (sdp === undefined || fork === undefined) {
    return closeCall(draft, { cause: 'failed', status: 400 });
  }
  askRelay(draft, { kind: 'late-answer' }, { from: 'a', sdp });
  return at('answered', draft);
}

function relayedFinal(
  draft: CallDraft,
  { turn, sdp }: { readonly turn: number; readonly sdp: string },
): Transition {
  const purpose = takeTurn(draft, turn);
  switch (purpose?.kind) {
    case 'final':
    case 'late-offer':
      return answerA(draft, sdp);
    case 'late-answer':
      acknowledgeB(draft, sdp);
      return at('confirmed', draft);
    case 'offer':
    case 'early':
    case 're-offer':
    case 're-answer':
    case undefined:
      return at('answered', draft);
    default:
      return purpose satisfies never;
  }
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
    draft.effects.push({ kind: 'ring-a', fork, status, sdp });
  }
  return at(kind, draft);
}

/** An early answer that cannot be relayed costs the ringback tone; an offer that cannot, the call. */
function relayRefused(
  kind: SetUp,
  draft: CallDraft,
  { turn, status, warning }: CallEvent & { readonly kind: 'relay-refused' },
): Transition {
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 'offer') return closeCall(draft, { cause: 'refused', status, warning });
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
