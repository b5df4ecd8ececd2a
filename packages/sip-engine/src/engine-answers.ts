import { appToTag, composeResponse, withMovedContact } from './dialog/compose.ts';
import {
  dialogOfUas,
  isSessionRefresh,
  isTargetRefresh,
  keepLocalContact,
  movedContact,
  refreshTarget,
} from './dialog/dialog.ts';
import { LiveDialog } from './dialog/live-dialog.ts';
import type { Refusal } from './engine-admission.ts';
import { endByItself } from './engine-client.ts';
import {
  oursOn,
  sentSip,
  wireSip,
  type EngineContext,
  type EngineDialog,
} from './engine-context.ts';
import { refusalText } from './engine-gate.ts';
import { agreeOnSession, withSessionAnswer } from './engine-session.ts';
import type { Cleared } from './guard/send-gate.ts';
import { headerValues } from './message/header-list.ts';
import type { SipResponse } from './message/message.ts';
import { responseTo } from './message/response-to.ts';
import type { ServerTransaction } from './transaction/server-transaction.ts';
import type { AppCommand, AppConnection } from './wire/app-connection.ts';

/** A request that an application has to answer. */
export interface Pending {
  readonly id: string;
  readonly transaction: ServerTransaction;
  readonly app: AppConnection;
  /** Our tag, should the answer make a dialog; the application may write another one for each fork behind it. */
  toTag: string;
  /** The dialog of the last answer. */
  live: EngineDialog | undefined;
  /** Every dialog that answers to this INVITE have made, by our tags (12.1.1: one for each). */
  readonly forks: Set<EngineDialog>;
  /** The request came inside a dialog. */
  readonly isInDialog: boolean;
}

/** Requests from the network that wait for an application, and what is answered to them. */
export class Answers {
  readonly #context: EngineContext;
  readonly #byId: Map<string, Pending> = new Map<string, Pending>();
  readonly #byTransaction: Map<ServerTransaction, Pending> = new Map<ServerTransaction, Pending>();
  /** INVITEs without a final response, by their dialog: never two in one (14.2). */
  readonly #openInvites: Map<EngineDialog, Pending> = new Map<EngineDialog, Pending>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** The request that this transaction is about, while it is open. */
  of(transaction: ServerTransaction): Pending | undefined {
    return this.#byTransaction.get(transaction);
  }

  /** From now on this application has to answer. */
  file(
    transaction: ServerTransaction,
    app: AppConnection,
    live: EngineDialog | undefined,
  ): Pending {
    const id = this.#context.newId();
    const toTag = live?.value.localTag ?? this.#context.token();
    const isInDialog = live !== undefined;
    const forks = new Set<EngineDialog>();
    const pending = { id, transaction, app, toTag, live, forks, isInDialog };
    this.#byId.set(id, pending);
    this.#byTransaction.set(transaction, pending);
    if (live !== undefined && transaction.method === 'INVITE') {
      this.#openInvites.set(live, pending);
    }
    return pending;
  }

  /** @returns a text when it is refused */
  respond(app: AppConnection, command: AppCommand): string | undefined {
    const { start } = command.sip;
    const pending =
      command.transactionId === undefined ? undefined : this.#byId.get(command.transactionId);
    if (start.kind !== 'response') return 'a request names no transaction';
    if (pending === undefined || !pending.transaction.isPending) {
      return 'the transaction to answer does not exist, or has been answered';
    }
    const response = this.#compose(pending, command, start);
    const { message, back } = pending.transaction.inbound;
    const echoes = headerValues(message, 'record-route');
    const clearance = this.#context.gate.clear(response, back, echoes);
    if (clearance.kind === 'refused') {
      if (start.status >= 200) this.#fail(pending, clearance.instead);
      return refusalText(clearance.refusal);
    }
    this.#send(app, command, pending, clearance.cleared);
    return undefined;
  }

  #send(
    app: AppConnection,
    command: AppCommand,
    pending: Pending,
    cleared: Cleared<SipResponse>,
  ): void {
    const { transaction } = pending;
    this.#openDialog(pending, cleared.message);
    const { source } = transaction.inbound;
    const isBye = transaction.method === 'BYE';
    const dialogId = isBye ? undefined : pending.live?.name;
    const peer = isBye ? { tuple: source, protocol: '' } : { tuple: source };
    const sent = sentSip(cleared, { transactionId: pending.id, dialogId }, peer);
    app.tell({ kind: 'response-sent', to: command.id, sent });
    transaction.respond(cleared);
    if (cleared.message.status >= 200) this.#finish(pending, cleared);
  }

  /** A final response of the application may not go: the peer gets a failure, or (where nothing may be sent) silence. */
  #fail(pending: Pending, instead: Cleared<SipResponse> | undefined): void {
    if (instead === undefined) pending.transaction.abandon();
    else {
      pending.transaction.respond(instead);
      this.close(pending);
    }
  }

  /** The application is gone (or all are): what it has not answered gets 503. */
  abandon(app: AppConnection | undefined): void {
    for (const pending of this.#byId.values()) {
      if ((app === undefined || pending.app === app) && pending.transaction.isPending) {
        this.refuse(pending.transaction, { status: 503 });
      }
    }
  }

  /** The transaction is over, answered or not. */
  forget(transaction: ServerTransaction): void {
    const pending = this.#byTransaction.get(transaction);
    if (pending === undefined) return;
    this.#byTransaction.delete(transaction);
    this.#byId.delete(pending.id);
    this.#settle(pending);
    const { live } = pending;
    const isBye = transaction.method === 'BYE';
    if (isBye && live !== undefined) this.#context.dialogs.remove(live);
    // an INVITE that was never answered leaves no dialog
    this.#removeForks(pending);
  }

  /** 15.1.2: a BYE ends the INVITE that is still open in its dialog. */
  endInvite(live: EngineDialog): void {
    const pending = this.#openInvites.get(live);
    if (pending === undefined) return;
    const { transaction, toTag } = pending;
    if (transaction.isPending) {
      transaction.answer(responseTo(transaction.request, 487, { toTag }));
    }
    this.#settle(pending);
  }

  /** A final response of the engine's own. */
  refuse(transaction: ServerTransaction, { status, headers = [] }: Refusal): void {
    const pending = this.#byTransaction.get(transaction);
    const toTag = pending?.toTag ?? this.#context.token();
    const response = responseTo(transaction.request, status, { toTag, headers });
    transaction.answer(response);
    if (pending !== undefined) this.close(pending);
  }

  #compose(
    pending: Pending,
    { sip }: AppCommand,
    answer: { status: number; reason: string },
  ): SipResponse {
    const { transaction, live, isInDialog } = pending;
    const { message, back } = transaction.inbound;
    const { path } = back;
    const ours = oursOn(path);
    if (!isInDialog) pending.toTag = appToTag(sip) ?? pending.toTag;
    const contact =
      live === undefined
        ? `<sip:${ours}>`
        : movedContact(live.value.localContact, live.path.advertised, path.advertised);
    const own = { toTag: pending.toTag, contact, ours };
    const moved =
      live === undefined ? sip : withMovedContact(sip, live.value.localContact, contact);
    const whole = withSessionAnswer(this.#context, { live, request: message, sip: moved }, answer);
    return composeResponse(message, whole, answer, own);
  }

  /** 12.1.1: a provisional response with a tag makes the dialog, a success confirms it. */
  #openDialog(pending: Pending, response: SipResponse): void {
    const { transaction, isInDialog, app, forks, toTag } = pending;
    const { message, essentials, back } = transaction.inbound;
    const { status } = response;
    if (isInDialog || message.method !== 'INVITE' || status === 100 || status >= 300) return;
    const value = dialogOfUas(message, essentials, response);
    const live = [...forks].find((fork) => fork.value.localTag === toTag);
    pending.live = live;
    if (live === undefined) {
      pending.live = new LiveDialog(value, app, back.path);
      forks.add(pending.live);
      this.#context.dialogs.add(pending.live);
      this.#openInvites.set(pending.live, pending);
      return;
    }
    const { localSequence, remoteSequence } = live.value;
    live.value = { ...value, localSequence, remoteSequence };
  }

  /** The application's final response is out. */
  #finish(pending: Pending, cleared: Cleared<SipResponse>): void {
    const { transaction, live } = pending;
    const { message, essentials } = transaction.inbound;
    if (live === undefined || cleared.message.status >= 300) {
      this.close(pending);
      return;
    }
    this.#settle(pending);
    if (isTargetRefresh(message.method)) {
      live.value = keepLocalContact(refreshTarget(live.value, message), cleared.message);
      live.path = cleared.way.path;
    }
    if (isSessionRefresh(message.method)) {
      const success = cleared.message;
      const agreement = { success, role: 'uas', ours: success, theirs: message } as const;
      agreeOnSession(this.#context, live, agreement);
    }
    if (message.method === 'BYE') this.#context.dialogs.remove(live);
    else if (message.method === 'INVITE') {
      // the other forks were not answered
      this.#removeForks(pending);
      this.#accept(pending, live, cleared, essentials.cseq.sequence);
    }
    this.#letGo(pending);
  }

  /** Answered: only repeats can come, and the transaction takes care of them. */
  #letGo({ id, transaction, toTag }: Pending): void {
    this.#byId.delete(id);
    this.#byTransaction.delete(transaction);
    transaction.letGo(toTag);
  }

  /** No success: a BYE ends its dialog all the same, a dialog that the INVITE would have made is none. */
  close(pending: Pending): void {
    this.#settle(pending);
    const { transaction, live } = pending;
    const isBye = transaction.method === 'BYE';
    if (isBye && live !== undefined) this.#context.dialogs.remove(live);
    this.#removeForks(pending);
    this.#letGo(pending);
  }

  /** Early dialogs that became nothing. */
  #removeForks({ forks }: Pending): void {
    for (const fork of forks) {
      if (fork.value.state !== 'early') continue;
      this.#openInvites.delete(fork);
      this.#context.dialogs.remove(fork);
    }
  }

  #accept(
    pending: Pending,
    live: EngineDialog,
    cleared: Cleared<SipResponse>,
    sequence: number,
  ): void {
    const { clock, timing } = this.#context;
    const { id, transaction } = pending;
    live.acceptedId = id;
    live.accept(clock, timing, sequence, {
      repeat: () => transaction.respond(cleared),
      giveUp: () => {
        const { app, name } = live;
        const peer = { tuple: live.path.transport.localAddress };
        endByItself(this.#context, live, 'ACK timeout', (bye) => {
          const sent = wireSip(bye, peer, { transactionId: 'unsolicited', dialogId: name });
          app?.tell({ kind: 'unsolicited', sent });
        });
      },
    });
  }

  #settle(pending: Pending): void {
    const { transaction, live, isInDialog } = pending;
    if (live === undefined) return;
    if (transaction.method === 'UPDATE') live.hasPendingUpdate = false;
    if (transaction.method !== 'INVITE') return;
    if (isInDialog) live.hasPendingIn = false;
    if (this.#openInvites.get(live) === pending) this.#openInvites.delete(live);
  }
}
