import type { LegName } from '../media/media-relay.ts';
import { otherLeg } from '../media/relay-turn.ts';
import {
  askRelay,
  change,
  draftOf,
  startTimer,
  stopTimer,
  takeTurn,
  type CallDraft,
} from './call-draft.ts';
import type { CallEvent, Refusal } from './call-event.ts';
import type { Call, CallState, ReOffer, Transition } from './call-state.ts';
import { closeCall } from './close-call.ts';
import { endsDialog, mapPeerRefusal, mapReFailure } from './map-failure.ts';

type ReInvite = CallEvent & { readonly kind: 're-invite' };

/** A re-INVITE in a confirmed call: hold, resume, a new address. One without an offer asks the other leg for one. */
export function startReOffer(call: Call, { from, id, sdp }: ReInvite): Transition {
  const draft = draftOf(call);
  if (sdp === undefined) {
    askOtherLeg(draft, from, undefined);
    return going(draft, { id, from, offerer: 'other-leg', isCancelled: false, phase: 'other-leg' });
  }
  askRelay(draft, { kind: 're-offer' }, { from, sdp });
  return going(draft, { id, from, offerer: 'this-leg', isCancelled: false, phase: 'relay-offer' });
}

function askOtherLeg(draft: CallDraft, from: LegName, sdp: string | undefined): void {
  draft.effects.push({ kind: 're-invite', leg: otherLeg(from), sdp });
  startTimer(draft, 're-invite');
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
      return event.timer === 're-invite' ? timedOut(draft, reOffer) : going(draft, reOffer);
    case 'ack':
      return reAcknowledged(draft, reOffer, event);
    case 're-cancel':
      return event.id === reOffer.id ? cancelled(draft, reOffer) : going(draft, reOffer);
    case 'answer':
    case 'bye':
    case 'cancel':
    case 'failure':
    case 'invite':
    case 'media-timed-out':
    case 'provisional':
    case 'relay-failed':
    case 'answer-refused':
    case 'shutdown':
    case 'signalling-lost':
    case 'told-untrue':
    case 'expired':
      return going(draft, reOffer);
    default:
      return event satisfies never;
  }
}

/**
 * What a call that ends owes a re-INVITE: its final response, unless that is out; and the ACK of the other leg's 2xx that
 * was held back for an answer.
 */
export function refuseReInvite(draft: CallDraft, reOffer: ReOffer, status: number): void {
  const { id, from, offerer, phase, isCancelled } = reOffer;
  const isOffered = offerer === 'other-leg';
  if (isOffered && phase !== 'other-leg') acknowledgeOther(draft, reOffer, undefined);
  const isAnswered = isCancelled || (isOffered && (phase === 'ack' || phase === 'relay-answer'));
  if (!isAnswered) draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status });
}

function closeReOffering(draft: CallDraft, reOffer: ReOffer, status: number): Transition {
  refuseReInvite(draft, reOffer, status);
  return closeCall(draft, { cause: 're-offer-failed', status });
}

function acknowledgeOther(draft: CallDraft, { from }: ReOffer, sdp: string | undefined): void {
  draft.effects.push({ kind: 'ack-re-invite', leg: otherLeg(from), sdp });
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
  const { id, from, offerer } = reOffer;
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 're-offer' && offerer === 'this-leg') {
    askOtherLeg(draft, from, sdp);
    return going(draft, inPhase(reOffer, 'other-leg'));
  }
  if (purpose?.kind === 're-offer') {
    draft.effects.push({ kind: 'answer-re-invite', leg: from, id, sdp });
    startTimer(draft, 're-invite');
    return going(draft, inPhase(reOffer, 'ack'));
  }
  if (purpose?.kind !== 're-answer') return going(draft, reOffer);
  if (offerer === 'this-leg') draft.effects.push({ kind: 'answer-re-invite', leg: from, id, sdp });
  else acknowledgeOther(draft, reOffer, sdp);
  return confirmed(draft);
}

function relayRefused(
  draft: CallDraft,
  reOffer: ReOffer,
  { turn, status, warning }: CallEvent & { readonly kind: 'relay-refused' },
): Transition {
  const purpose = takeTurn(draft, turn);
  if (purpose?.kind === 're-offer' && reOffer.offerer === 'this-leg') {
    return refuse(draft, reOffer, { status, warning });
  }
  if (purpose?.kind !== 're-offer' && purpose?.kind !== 're-answer') return going(draft, reOffer);
  // the other leg has taken or offered what this one cannot be told: there is no way back but the end
  return closeReOffering(draft, reOffer, mapPeerRefusal(status));
}

function reAnswered(draft: CallDraft, reOffer: ReOffer, sdp: string | undefined): Transition {
  if (reOffer.phase !== 'other-leg') return going(draft, reOffer);
  const leg = otherLeg(reOffer.from);
  stopTimer(draft, 're-invite');
  const isOffered = reOffer.offerer === 'other-leg';
  // its ACK holds the answer where its 2xx held the offer
  if (!isOffered || sdp === undefined || reOffer.isCancelled)
    acknowledgeOther(draft, reOffer, undefined);
  // RFC 3261, section 9.1: it had answered before our CANCEL came
  if (sdp === undefined || reOffer.isCancelled) return closeReOffering(draft, reOffer, 502);
  const purpose = { kind: isOffered ? 're-offer' : 're-answer' } as const;
  askRelay(draft, purpose, { from: leg, sdp });
  return going(draft, inPhase(reOffer, isOffered ? 'relay-offer' : 'relay-answer'));
}

/** The ACK of who asked for an offer: its answer. */
function reAcknowledged(
  draft: CallDraft,
  reOffer: ReOffer,
  { from, sdp }: CallEvent & { readonly kind: 'ack' },
): Transition {
  if (reOffer.phase !== 'ack' || from !== reOffer.from) return going(draft, reOffer);
  stopTimer(draft, 're-invite');
  if (sdp === undefined) return closeReOffering(draft, reOffer, 400);
  askRelay(draft, { kind: 're-answer' }, { from, sdp });
  return going(draft, inPhase(reOffer, 'relay-answer'));
}

function timedOut(draft: CallDraft, reOffer: ReOffer): Transition {
  return reOffer.phase === 'ack'
    ? closeReOffering(draft, reOffer, 408)
    : reFailed(draft, reOffer, 408);
}

function reFailed(draft: CallDraft, reOffer: ReOffer, status: number): Transition {
  if (reOffer.phase !== 'other-leg') return going(draft, reOffer);
  stopTimer(draft, 're-invite');
  return endsDialog(status)
    ? closeReOffering(draft, reOffer, status)
    : refuse(draft, reOffer, { status: mapReFailure(status) });
}

/**
 * The one that sent it has its old session back. The other leg is asked to keep that too; where it has taken the new one
 * already, the two no longer fit.
 */
function cancelled(draft: CallDraft, reOffer: ReOffer): Transition {
  const { id, from, offerer, phase } = reOffer;
  const given: ReOffer = { id, from, offerer, isCancelled: true, phase };
  switch (phase) {
    case 'other-leg':
      draft.effects.push({ kind: 'cancel-re-invite', leg: otherLeg(from) });
      return going(draft, given);
    case 'relay-offer':
      // the other leg has not heard of it, or offered because of it
      if (offerer === 'other-leg') return closeReOffering(draft, given, 487);
      return goneBack(draft, given);
    case 'relay-answer':
      return offerer === 'this-leg' ? closeReOffering(draft, given, 487) : going(draft, reOffer);
    case 'ack':
      return going(draft, reOffer);
    default:
      return phase satisfies never;
  }
}

function refuse(draft: CallDraft, reOffer: ReOffer, { status, warning }: Refusal): Transition {
  const { id, from, isCancelled } = reOffer;
  if (!isCancelled)
    draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status, warning });
  return goneBack(draft, reOffer);
}

/** RFC 3261, section 14.1: the session is as it was before; where the relay was offered another one, it is told so. */
function goneBack(draft: CallDraft, { offerer }: ReOffer): Transition {
  // a turn that the relay has still to answer is not the next one's
  change(draft, { turns: new Map() });
  if (offerer === 'this-leg') draft.effects.push({ kind: 'withdraw-offer' });
  return confirmed(draft);
}

function inPhase({ id, from, offerer, isCancelled }: ReOffer, phase: ReOffer['phase']): ReOffer {
  return { id, from, offerer, isCancelled, phase };
}

function going({ call, effects }: CallDraft, reOffer: ReOffer): Transition {
  return { state: { kind: 're-offering', call, reOffer }, effects };
}

function confirmed({ call, effects }: CallDraft): Transition {
  const state: CallState = { kind: 'confirmed', call };
  return { state, effects };
}
