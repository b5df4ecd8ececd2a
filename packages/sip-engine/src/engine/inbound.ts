import { dialogKey, isTargetRefresh, takeSequence } from '../dialog/dialog.ts';
import { leastSessionField } from '../dialog/session-terms.ts';
import {
  checkNewRequest,
  isForNobody,
  isSessionRefused,
  isSoundTarget,
  type Refusal,
} from './admission.ts';
import { Answers } from './answers.ts';
import { drawBelow, wireSip, type EngineContext, type EngineDialog } from './context.ts';
import type { Pending } from './pending.ts';
import { bodyOf } from '../dialog/said-body.ts';
import type { Essentials } from '../message/essentials.ts';
import { headerField } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import { isTakenForAnother } from '../message/method.ts';
import { requireRefusal } from '../message/request-policy.ts';
import { responseTo } from '../message/response-to.ts';
import type { Failure } from '../transaction/effect.ts';
import type { Inbound } from '../transaction/ports.ts';
import { cancelOf } from '../transaction/same-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { TransactionUser } from '../transaction/transaction-layer.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { AppCommand, AppConnection } from '../wire/app-connection.ts';

/** What comes from the network as a request, and the answers to it. */
export class InboundRequests implements TransactionUser {
  readonly #context: EngineContext;
  readonly #answers: Answers;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#answers = new Answers(context);
  }

  hasDialog({ callId, fromTag, toTag }: Essentials): boolean {
    const [ours, theirs] = [toTag ?? '', fromTag ?? ''];
    if (this.#context.dialogs.find(callId, ours, theirs) !== undefined) return true;
    // of a call that was refused, too
    return this.#answers.latePracks.has(dialogKey(callId, ours, theirs));
  }

  isFirstBye({ callId, fromTag, toTag }: Essentials): boolean {
    return this.#context.dialogs.find(callId, toTag ?? '', fromTag ?? '')?.hasHeardBye === false;
  }

  onRequest(transaction: ServerTransaction): void {
    const { message, essentials } = transaction.inbound;
    if (isTakenForAnother(message.method)) this.#answers.refuse(transaction, this.#nobody());
    else if (message.method === 'CANCEL') this.#cancel(transaction);
    else if (essentials.toTag === undefined) this.#new(transaction);
    else this.#inDialog(transaction, essentials.toTag);
  }

  onAck({ message, essentials, source, verbatim }: Inbound<SipRequest>): void {
    const { callId, fromTag, toTag, cseq } = essentials;
    const live = this.#context.dialogs.find(callId, toTag ?? '', fromTag ?? '');
    if (live === undefined || !live.isAwaitingAck) return;
    live.receiveAck(cseq.sequence, () => {
      const transactionId = live.acceptedId ?? '';
      const peer = { tuple: source, protocol: '' };
      const names = { transactionId, dialogId: live.name };
      const received = wireSip(message, peer, names, verbatim);
      live.app?.tell({ kind: 'received', received, receivedOn: undefined });
    });
  }

  onServerFailure(transaction: ServerTransaction, failure: Failure): void {
    // nobody answers: the caller is not left waiting for ever
    if (failure === 'no-final') this.#answers.refuse(transaction, { status: 408 });
  }

  onServerEnd(transaction: ServerTransaction): void {
    this.#answers.forget(transaction);
  }

  get timerCount(): number {
    return this.#answers.timerCount;
  }

  /** @returns a text when it is refused */
  respond(app: AppConnection, command: AppCommand): string | undefined {
    return this.#answers.respond(app, command);
  }

  /** The application is gone (or all are): what it has not answered gets 503. */
  abandon(app: AppConnection | undefined): void {
    this.#answers.abandon(app);
  }

  #new(transaction: ServerTransaction): void {
    const { message, local, source, verbatim } = transaction.inbound;
    const refusal = checkNewRequest(this.#context, transaction);
    const app = refusal === undefined ? this.#context.apps.pick(message.method) : undefined;
    if (app === undefined) {
      // 8.2.1 goes first, whatever else there is against it
      const isKnown = refusal !== undefined && !isForNobody(this.#context, message.method);
      this.#answers.refuse(transaction, isKnown ? refusal : this.#nobody());
      return;
    }
    const pending = this.#answers.file(transaction, app, undefined);
    const names = { transactionId: pending.id, dialogId: undefined };
    const received = wireSip(message, { tuple: source }, names, verbatim);
    app.tell({ kind: 'received', received, receivedOn: local });
  }

  /** 21.4.6 and 21.5.4: a method that nobody takes, or no application at all. */
  #nobody(): Refusal {
    if (this.#context.apps.size === 0) return { status: 503 };
    const allow = this.#context.apps.verbs().join(', ');
    return { status: 405, headers: [headerField('Allow', allow)] };
  }

  #inDialog(transaction: ServerTransaction, toTag: string): void {
    const { message, essentials, source, verbatim } = transaction.inbound;
    const live = this.#context.dialogs.find(essentials.callId, toTag, essentials.fromTag ?? '');
    if (live === undefined) {
      this.#missed(transaction, toTag);
      return;
    }
    if (message.method === 'BYE') live.hasHeardBye = true;
    const refusal = this.#enter(live, transaction);
    if (refusal !== undefined) {
      this.#answers.refuse(transaction, refusal);
      return;
    }
    const app = live.app;
    const opening = live.value.state === 'early' ? this.#answers.openInvite(live) : undefined;
    if (message.method === 'BYE' && opening !== undefined) {
      // 15: a caller may end a call that way, too; the application has no dialog yet that could hear of a BYE
      transaction.answer(responseTo(message, 200));
      const reasons = message.headers.filter(({ key }) => key === 'reason');
      this.#ended(opening, cancelOf(opening.transaction.request, reasons), source);
      return;
    }
    if (message.method === 'BYE' && (app === undefined || live.isEnding)) {
      transaction.answer(responseTo(message, 200));
      this.#context.dialogs.remove(live);
      return;
    }
    if (app === undefined) {
      this.#answers.refuse(transaction, { status: 503 });
      return;
    }
    const isPrack = message.method === 'PRACK' && this.#context.supported.includes('100rel');
    const acknowledged = isPrack ? this.#answers.prack(live, message) : undefined;
    if (isPrack && acknowledged === undefined) {
      this.#missed(transaction, toTag);
      return;
    }
    const pending = this.#answers.file(transaction, app, live);
    if (message.method === 'INVITE') live.hasPendingIn = true;
    if (message.method === 'UPDATE') live.hasPendingUpdate = true;
    if (message.method === 'BYE') this.#answers.endInvite(live);
    const names = { transactionId: pending.id, dialogId: live.name };
    const received = wireSip(message, { tuple: source }, names, verbatim);
    app.tell({ kind: 'received', received, receivedOn: undefined });
    acknowledged?.();
  }

  /** What it is about is not there, or no more. */
  #missed(transaction: ServerTransaction, toTag: string): void {
    const { message, essentials } = transaction.inbound;
    const key = dialogKey(essentials.callId, toTag, essentials.fromTag ?? '');
    const isLate = message.method === 'PRACK' && this.#answers.latePracks.take(key, message);
    if (isLate) transaction.answer(responseTo(message, 200));
    else this.#answers.refuse(transaction, { status: 481 });
  }

  /** 12.2.2 and 14.2: the order of requests, and INVITEs that cross. */
  #enter(live: EngineDialog, { inbound }: ServerTransaction): Refusal | undefined {
    const { method, sequence } = inbound.essentials.cseq;
    // 15: a callee ends no early dialog; one of several forks would end all, since they share a name
    const { role, state } = live.value;
    if (method === 'BYE' && role === 'uac' && state === 'early') return { status: 481 };
    const taken = takeSequence(live.value, sequence);
    if (taken === 'out-of-order') return { status: 500 };
    live.value = taken;
    const unsupported = requireRefusal(inbound.message, this.#context.supported);
    if (unsupported !== undefined) return unsupported;
    if (isTargetRefresh(method)) {
      if (!isSoundTarget(inbound.message, 0)) return { status: 400 };
      if (isSessionRefused(this.#context, inbound.message)) {
        return { status: 422, headers: [leastSessionField()] };
      }
    }
    if (method === 'UPDATE') return this.#crossedUpdate(live, inbound.message);
    if (method !== 'INVITE') return undefined;
    // in an early dialog that INVITE is the one that makes it
    if (live.hasPendingOut || live.hasOfferOut || (role === 'uac' && state === 'early'))
      return { status: 491 };
    if (this.#answers.openInvite(live) !== undefined) return this.#later();
    return live.isEnding ? { status: 481 } : undefined;
  }

  /** RFC 3311 5.2: one UPDATE at a time, and no offer while another one waits for its answer. */
  #crossedUpdate(live: EngineDialog, update: SipRequest): Refusal | undefined {
    if (live.hasPendingUpdate) return this.#later();
    if (bodyOf(update) === undefined) return undefined;
    if (live.hasPendingOut || live.hasOfferOut) return { status: 491 };
    // before the first answer it is the application's to say: it may not take UPDATE at all, which comes first (8.2.1), and
    // drachtio-srf keeps track of these offers by itself
    return live.hasPendingIn ? this.#later() : undefined;
  }

  #later(): Refusal {
    const seconds = drawBelow(this.#context, 11);
    return { status: 500, headers: [headerField('Retry-After', String(seconds))] };
  }

  /** 9.2: an INVITE ends with 487, and the application hears of it with the INVITE's transaction; nothing else is held up. */
  #cancel(transaction: ServerTransaction): void {
    const { inbound } = transaction;
    const { message, source, verbatim } = inbound;
    const cancelled = this.#context.transactions.cancelledBy(inbound);
    if (cancelled === undefined) {
      this.#answers.refuse(transaction, { status: 481 });
      return;
    }
    const pending = this.#answers.of(cancelled);
    const toTag = pending?.toTag ?? cancelled.toTag ?? this.#context.token();
    transaction.answer(responseTo(message, 200, { toTag }));
    const isOpen = cancelled.method === 'INVITE' && cancelled.isPending;
    if (pending !== undefined && isOpen) this.#ended(pending, message, source, verbatim);
  }

  /** 487, and the application is told of a CANCEL. */
  #ended(pending: Pending, cancel: SipRequest, source: Tuple, verbatim?: Uint8Array): void {
    const { id, transaction, toTag, live, app } = pending;
    transaction.answer(responseTo(transaction.request, 487, { toTag }));
    const names = { transactionId: id, dialogId: live?.name };
    const received = wireSip(cancel, { tuple: source }, names, verbatim);
    this.#answers.close(pending);
    app.tell({ kind: 'received', received, receivedOn: undefined });
  }
}
