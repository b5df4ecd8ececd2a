import { silentSip } from '../dialog/compose.ts';
import { isSessionRefresh, refreshTarget } from '../dialog/dialog.ts';
import { ackOf } from '../dialog/live-dialog.ts';
import { bodyOf, type SaidBody } from '../dialog/said-body.ts';
import { SessionKeeper } from '../dialog/session-keeper.ts';
import {
  agreedTerms,
  raisedSeconds,
  sessionAnswer,
  sessionRequest,
  type SessionTerms,
} from '../dialog/session-terms.ts';
import { draftInDialog, routeInDialog, sendAck } from './client.ts';
import { drawBelow, type EngineContext, type EngineDialog } from './context.ts';
import { endUnasked } from './end-unasked.ts';
import type { Cleared } from '../guard/send-gate.ts';
import { headerField, valueOf } from '../message/header-list.ts';
import {
  emptyBody,
  type HeaderField,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import { retryAfterOf } from '../message/retry-after.ts';
import { leastSecondsOf, lists, type Refresher } from '../message/session-expires.ts';
import type { CancelTimer } from '../transport/clock.ts';
import type { AppSip } from '../wire/app-message.ts';

/** A success to INVITE or UPDATE, and what was said around it. */
export interface Agreement {
  readonly success: SipResponse;
  /** Ours in the transaction. */
  readonly role: Refresher;
  /** Our message of the two: the request of a UAC, the response of a UAS. */
  readonly ours: SipMessage;
  /** The peer's message of the two. */
  readonly theirs: SipMessage;
}

/** When a refresh that did not come about is tried once more, in milliseconds: well before a session of 90 s is over. */
const retryMs = 10_000;

/** RFC 4028 section 9: a success answers the Session-Expires of its request, unless the application does so itself. */
export function withSessionAnswer(
  { supported }: EngineContext,
  of: {
    readonly live: EngineDialog | undefined;
    readonly request: SipRequest;
    readonly sip: AppSip;
  },
  { status }: { readonly status: number },
): AppSip {
  const { live, request, sip } = of;
  if (status < 200 || status >= 300 || !isSessionRefresh(request.method)) return sip;
  if (!supported.includes('timer') || valueOf(sip, 'session-expires') !== undefined) return sip;
  const fields = sessionAnswer(request, live?.session?.terms);
  return fields.length === 0 ? sip : { ...sip, headers: [...sip.headers, ...fields] };
}

/** Starts, moves or stops the session timer of a dialog, as this success says (RFC 4028 sections 7.2 and 9). */
export function agreeOnSession(
  context: EngineContext,
  live: EngineDialog,
  { success, role, ours, theirs }: Agreement,
): void {
  const terms = agreedTerms(success, role);
  if (terms === undefined && live.session === undefined) return;
  // nothing is timed in a dialog that has ended meanwhile
  if (!context.supported.includes('timer') || !context.dialogs.has(live)) return;
  live.session ??= new SessionKeeper(context.clock, {
    refresh: (due) => refresh(context, live, due),
    expire: () => expire(context, live),
  });
  live.session.said = bodyOf(ours) ?? live.session.said;
  live.session.refusal = undefined;
  live.session.leastSeconds = Math.max(live.session.leastSeconds, leastSecondsOf(theirs));
  if (valueOf(theirs, 'allow') !== undefined) {
    live.takesUpdate = lists(theirs, 'allow', 'UPDATE');
  }
  live.session.handle({ kind: 'agreed', terms });
}

/**
 * UPDATE without a body where the peer takes it, or else INVITE with the description that it has (section 7.4). Where none is known,
 * an UPDATE is better than nothing.
 */
function refresh(context: EngineContext, live: EngineDialog, terms: SessionTerms): void {
  const later = (): void => live.session?.handle({ kind: 'refused', retryMs });
  routeInDialog(context, live, (way) => {
    const { session } = live;
    if (session === undefined || !context.dialogs.has(live)) return;
    const said = live.takesUpdate ? undefined : session.said;
    const method = said === undefined ? 'UPDATE' : 'INVITE';
    const isCrossed = live.hasPendingIn || live.hasPendingOut || live.hasOfferOut;
    if (
      'kind' in way ||
      live.isEnding ||
      (method === 'INVITE' && (isCrossed || live.isAwaitingAck))
    ) {
      later();
      return;
    }
    const sip = refreshSip(method, said, sessionRequest(terms, session.leastSeconds));
    const { request, keep } = draftInDialog(context, live, { sip, method, path: way.path });
    const clearance = context.gate.clear(request, way);
    if (clearance.kind === 'refused') {
      later();
      return;
    }
    keep();
    send(context, live, clearance.cleared);
  });
}

function refreshSip(
  method: string,
  said: SaidBody | undefined,
  session: readonly HeaderField[],
): AppSip {
  const type = said === undefined ? [] : [headerField('Content-Type', said.contentType)];
  return { ...silentSip(method, [...session, ...type]), body: said?.body ?? emptyBody };
}

function send(context: EngineContext, live: EngineDialog, request: Cleared<SipRequest>): void {
  const isInvite = request.message.method === 'INVITE';
  const { ack, inviteSequence } = live;
  let isOpen = true;
  let stopWaiting: CancelTimer | undefined;
  const settle = (): void => {
    if (isInvite && isOpen) live.closeInvite();
    isOpen = false;
    stopWaiting?.();
  };
  const abandon = (): void => transaction?.abandon();
  if (isInvite) {
    live.openInvite(() => {
      // its peer owes it a final response, and may never send one
      stopWaiting = context.clock.setTimer(64 * context.timing.t1Ms, abandon);
    });
  }
  const transaction = context.transactions.request(request, {
    onResponse: ({ response }) => {
      if (response.status < 200) return;
      const isFirst = isOpen;
      settle();
      if (response.status >= 300) refused(context, live, request.message.method, response);
      else if (isFirst) accepted(context, live, request.message, response);
      else if (isInvite) {
        const sent = ackOf(ack, inviteSequence);
        if (sent !== undefined) context.gate.send(sent, () => undefined);
      }
    },
    onFailure: (failure) => {
      settle();
      // 8.1.3.1: what the network did not take is as good as a 503
      if (failure === 'transport-error') unsent(live);
      else live.session?.handle({ kind: 'lost' });
      // it would ring on
      if (failure === 'no-final') abandon();
    },
    onEnd: settle,
  });
  if (transaction !== undefined) return;
  settle();
  unsent(live);
}

function unsent({ session }: EngineDialog): void {
  if (session !== undefined) session.refusal = 503;
  session?.handle({ kind: 'refused', retryMs });
}

function accepted(
  context: EngineContext,
  live: EngineDialog,
  request: SipRequest,
  success: SipResponse,
): void {
  live.value = refreshTarget(live.value, success);
  live.stopDoubting();
  // 13.2.2.4: also when the dialog has ended meanwhile
  if (request.method === 'INVITE') sendAck(context, live, silentSip('ACK'));
  agreeOnSession(context, live, { success, role: 'uac', ours: request, theirs: success });
}

/** Section 10: 408 and 481 end it; each other status has its own rule, and the session expires if that does not help. */
function refused(
  context: EngineContext,
  live: EngineDialog,
  method: string,
  response: SipResponse,
): void {
  const { session } = live;
  if (session === undefined) return;
  const { status } = response;
  session.refusal = status;
  const seconds = session.terms?.seconds ?? 0;
  if (status === 422) {
    session.leastSeconds = Math.max(session.leastSeconds, leastSecondsOf(response));
  }
  if (status === 408 || status === 481) session.handle({ kind: 'lost' });
  else if (status === 422 && raisedSeconds(response, seconds) > seconds) {
    session.handle({ kind: 'too-short', seconds: raisedSeconds(response, seconds) });
  } else session.handle({ kind: 'refused', retryMs: waitMs(context, live, method, response) });
}

function waitMs(
  context: EngineContext,
  live: EngineDialog,
  method: string,
  response: SipResponse,
): number {
  const { status } = response;
  if (status === 491) return afterCrossing(context, live);
  const isMethodRefused = method === 'UPDATE' && (status === 405 || status === 501);
  if (isMethodRefused && live.session?.said !== undefined) {
    // whatever was allowed: by INVITE, then
    live.takesUpdate = false;
    return 0;
  }
  const asked = retryAfterOf(response);
  return asked === undefined ? retryMs : asked * 1000;
}

/** RFC 3261 14.1, and RFC 3311 5.1: who chose the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms. */
function afterCrossing(context: EngineContext, { value }: EngineDialog): number {
  return value.role === 'uac' ? 2_100 + 10 * drawBelow(context, 191) : 10 * drawBelow(context, 201);
}

function expire(context: EngineContext, live: EngineDialog): void {
  // the BYE of the application is out: that is the end
  if (live.isEnding) return;
  const refusal = live.session?.refusal;
  const why = refusal === undefined ? '' : `: the refresh got ${refusal}`;
  endUnasked(context, live, `Session timer expired${why}`);
}
