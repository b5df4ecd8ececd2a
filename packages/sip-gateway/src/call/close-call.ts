import type { EndCause } from './call-effect.ts';
import type { CallEvent, Refusal } from './call-event.ts';
import { change, draftOf, startTimer, stopTimer, type CallDraft } from './call-draft.ts';
import type { Call, CallState, Transition } from './call-state.ts';

/**
 * Ends a call from wherever it is: whoever waits for a final response gets `status`, a confirmed dialog gets BYE, an
 * INVITE of ours is cancelled, and the relay is released. What cannot be ended yet (RFC 3261, section 15: no BYE before the ACK to a 2xx)
 * is waited for in `ending`.
 */
export function closeCall(
  draft: CallDraft,
  { cause, ...refusal }: { readonly cause: EndCause } & Refusal,
): Transition {
  stopTimer(draft, 'setup');
  stopTimer(draft, 're-invite');
  change(draft, { turns: new Map() });
  closeA(draft, refusal);
  closeB(draft);
  if (draft.call.relayed) {
    draft.effects.push({ kind: 'release-relay' });
    change(draft, { relayed: false });
  }
  return settle(draft, cause);
}

/** The same where nothing that is waited for can come any more: what is to be said is said at once. */
export function closeCallAtOnce(
  draft: CallDraft,
  { cause, status }: { readonly cause: EndCause; readonly status: number },
): Transition {
  closeCall(draft, { cause, status });
  return closeRest(draft, cause);
}

/** Ends the waiting of a call that is over already. */
export function closeRest(draft: CallDraft, cause: EndCause): Transition {
  const isEnded = draft.effects.at(-1)?.kind === 'ended';
  if (isEnded) return { state: { kind: 'ended', cause }, effects: draft.effects };
  if (draft.call.a === 'answered') byeA(draft);
  change(draft, { b: 'closed' });
  return settle(draft, cause);
}

function closeA(draft: CallDraft, { status, warning }: Refusal): void {
  const { a } = draft.call;
  if (a === 'invited') draft.effects.push({ kind: 'refuse-a', status, warning });
  if (a === 'confirmed') draft.effects.push({ kind: 'bye', leg: 'a', fork: undefined });
  if (a !== 'answered') change(draft, { a: 'closed' });
}

function closeB(draft: CallDraft): void {
  const { b, fork } = draft.call;
  // section 13.2.2.4: no BYE before the ACK, even where the answer that it should hold never came
  if (b === 'answered' && fork !== undefined) {
    draft.effects.push({ kind: 'ack-b', fork, sdp: undefined });
  }
  if (b === 'confirmed' || b === 'answered') draft.effects.push({ kind: 'bye', leg: 'b', fork });
  if (b === 'inviting') {
    draft.effects.push({ kind: 'cancel-b' });
    startTimer(draft, 'drain');
    change(draft, { b: 'cancelling' });
  } else if (b !== 'cancelling') {
    change(draft, { b: 'closed' });
  }
}

/** `ended` once both legs are closed; until then `ending`. */
function settle(draft: CallDraft, cause: EndCause): Transition {
  if (draft.call.b === 'closed') stopTimer(draft, 'drain');
  if (draft.call.a === 'closed') stopTimer(draft, 'ack');
  const { a, b } = draft.call;
  const isOver = a === 'closed' && b === 'closed';
  if (isOver) draft.effects.push({ kind: 'ended', cause });
  const state: CallState = isOver
    ? { kind: 'ended', cause }
    : { kind: 'ending', call: draft.call, cause };
  return { state, effects: draft.effects };
}

/** What may still come for a call that is over. */
export function whileEnding(call: Call, cause: EndCause, event: CallEvent): Transition {
  const draft = draftOf(call);
  if (event.kind === 'signalling-lost') return closeRest(draft, cause);
  if (event.kind === 'ack' && event.from === 'a' && call.a === 'answered') byeA(draft);
  if (event.kind === 'timer' && event.timer === 'ack' && call.a === 'answered') byeA(draft);
  if (event.kind === 'answer-refused' && call.a === 'answered') change(draft, { a: 'closed' });
  if (event.kind === 'bye') change(draft, closedBy(call, event.from));
  if (event.kind === 'failure' && call.b === 'cancelling') change(draft, { b: 'closed' });
  if (event.kind === 'timer' && event.timer === 'drain') change(draft, { b: 'closed' });
  if (event.kind === 'answer') {
    refuseFork(draft, event.fork);
    change(draft, { b: 'closed' });
  }
  if (event.kind === 're-invite') {
    const { from, id } = event;
    draft.effects.push({ kind: 'refuse-re-invite', leg: from, id, status: 481 });
  }
  return settle(draft, cause);
}

/**
 * RFC 3261, section 13.2.2.4: a fork that answered too late is acknowledged and hung up. A 2xx that is repeated
 * is acknowledged again by the transaction layer.
 */
export function refuseFork(draft: CallDraft, fork: string): void {
  const { fork: taken, late } = draft.call;
  if (fork === taken || late.has(fork)) return;
  draft.effects.push({ kind: 'ack-b', fork, sdp: undefined });
  draft.effects.push({ kind: 'bye', leg: 'b', fork });
  change(draft, { late: new Set([...late, fork]) });
}

function byeA(draft: CallDraft): void {
  draft.effects.push({ kind: 'bye', leg: 'a', fork: undefined });
  change(draft, { a: 'closed' });
}

/** A leg that has a dialog may hang up; one that has none cannot. */
function closedBy(call: Call, leg: 'a' | 'b'): Partial<Call> {
  if (leg === 'a') return call.a === 'answered' ? { a: 'closed' } : {};
  return call.b === 'confirmed' || call.b === 'answered' ? { b: 'closed' } : {};
}
