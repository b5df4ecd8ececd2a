import { otherLeg } from '../media/relay-turn.ts';
import {
  askRelay,
  draftOf,
  startTimer,
  stopTimer,
  takeTurn,
  type CallDraft,
} from './call-draft.ts';
import type { EndCause } from './call-effect.ts';
import type { CallEvent } from './call-event.ts';
import type { Call, CallState, ReOffer, Transition } from './call-state.ts';
import { closeCall } from './close-call.ts';
import { endsDialog } from './map-failure.ts';

type ReInvite = CallEvent & { readonly kind: 're-invite' };

/** A re-INVITE in a confirmed call: hold, resume, a new address. One without an offer is refused. */
export function startReOffer(call: Call, { from, id, sdp }: ReInvite): Transition {
  const draft = draftOf(call);
  if (sdp === undefined) {
    draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status: 488 });
    return { state: { kind: 'confirmed', call }, effects: draft.effects };
  }
  askRelay(draft, { kind: 're-offer' }, inDialog(call, from, sdp));
  return going(draft, { id, from, phase: 'relay-offer' });
}

/** What the relay and the other leg say to it. Anything else leaves it as it is. */
export function whileReOffering(call: Call, reOffer: ReOffer, event: CallEvent): Transition {
  const draft = draftOf(call);
  switch (event.kind) {
    case 're-invite':
      return refuseSecond(draft, reOffer, event);
    case 'relay-done':
      return relayDone(draft, reOffer, event);
    case 'relay-refused':
      return relayRefused(draft, reOffer, event);
    case 're-answer':
      return reAnswered(draft, reOffer, event.sdp);
    case 're-failure':
      return reFailed(draft, reOffer, event.status);
    case 'timer':
      return event.timer === 're-invite' ? reFailed(draft, reOffer, 408) : going(draft, reOffer);
    case 'ack':
    case 'answer':
    case 'bye':
    case 'cancel':
    case 'failure':
    case 'invite':
    case 'media-timed-out':
    case 'provisional':
    case 'relay-failed':
      return going(draft, reOffer);
    default:
      return event satisfies never;
  }
}

/** Ends the call under a re-INVITE, which is answered first. */
export function closeReOffering(
  draft: CallDraft,
  { id, from }: ReOffer,
  { cause, status }: { readonly cause: EndCause; readonly status: number },
): Transition {
  draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status });
  return closeCall(draft, { cause, status });
}

/** RFC 3261, section 14.2: a second one of the same leg is out of order, one of the other leg is glare. */
function refuseSecond(draft: CallDraft, reOffer: ReOffer, { from, id }: ReInvite): Transition {
  const status = from === reOffer.from ? 500 : 491;
  draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status });
  return going(draft, reOffer);
}

function relayDone(
  draft: CallDraft,
  reOffer: ReOffer,
  { turn, sdp }: { readonly turn: number; readonly sdp: string },
): Transition {
  const { id, from } = reOffer;
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 're-offer') {
    draft.effects.push({ kind: 're-invite', leg: otherLeg(from), sdp });
    startTimer(draft, 're-invite');
    return going(draft, { id, from, phase: 'other-leg' });
  }
  if (purpose?.kind !== 're-answer') return going(draft, reOffer);
  draft.effects.push({ kind: 'answer-re-invite', leg: from, id, sdp });
  return confirmed(draft);
}

function relayRefused(
  draft: CallDraft,
  reOffer: ReOffer,
  { turn, status }: { readonly turn: number; readonly status: number },
): Transition {
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 're-offer') return refuse(draft, reOffer, status);
  if (purpose?.kind !== 're-answer') return going(draft, reOffer);
  // the other leg has taken what this one cannot be told: there is no way back but the end
  return closeReOffering(draft, reOffer, { cause: 're-offer-failed', status });
}

function reAnswered(draft: CallDraft, reOffer: ReOffer, sdp: string | undefined): Transition {
  if (reOffer.phase !== 'other-leg') return going(draft, reOffer);
  const { id, from } = reOffer;
  const leg = otherLeg(from);
  stopTimer(draft, 're-invite');
  draft.effects.push({ kind: 'ack-re-invite', leg });
  if (sdp === undefined) {
    return closeReOffering(draft, reOffer, { cause: 're-offer-failed', status: 502 });
  }
  askRelay(draft, { kind: 're-answer' }, inDialog(draft.call, leg, sdp));
  return going(draft, { id, from, phase: 'relay-answer' });
}

function reFailed(draft: CallDraft, reOffer: ReOffer, status: number): Transition {
  if (reOffer.phase !== 'other-leg') return going(draft, reOffer);
  stopTimer(draft, 're-invite');
  if (endsDialog(status)) {
    return closeReOffering(draft, reOffer, { cause: 're-offer-failed', status });
  }
  return refuse(draft, reOffer, status);
}

function refuse(draft: CallDraft, { id, from }: ReOffer, status: number): Transition {
  draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status });
  return confirmed(draft);
}

function inDialog(
  { fork }: Call,
  from: 'a' | 'b',
  sdp: string,
): { readonly from: 'a' | 'b'; readonly fork?: string; readonly sdp: string } {
  return fork === undefined ? { from, sdp } : { from, fork, sdp };
}

function going({ call, effects }: CallDraft, reOffer: ReOffer): Transition {
  return { state: { kind: 're-offering', call, reOffer }, effects };
}

function confirmed({ call, effects }: CallDraft): Transition {
  const state: CallState = { kind: 'confirmed', call };
  return { state, effects };
}
