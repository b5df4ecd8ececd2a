import {
  dialogOfUas,
  isSessionRefresh,
  isTargetRefresh,
  keepLocalContact,
  refreshTarget,
} from '../dialog/dialog.ts';
import { LiveDialog } from '../dialog/live-dialog.ts';
import { SteadyMap } from '../dialog/steady-map.ts';
import type { Refusal } from './admission.ts';
import { awaitAck } from './await-ack.ts';
import { sentSip, type EngineContext, type EngineDialog } from './context.ts';
import { refusalText } from './gate.ts';
import { LatePracks } from './late-pracks.ts';
import type { Pending } from './pending.ts';
import { composeAnswer } from './compose.ts';
import { provisionalOf } from './reliable.ts';
import { agreeOnSession } from './session.ts';
import type { Cleared } from '../guard/send-gate.ts';
import { valuesOf } from '../message/header-list.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { responseTo } from '../message/response-to.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { AppCommand, AppConnection } from '../wire/app-connection.ts';

/** Requests from the network that wait for an application, and what is answered to them. */
export class Answers {
  readonly latePracks: LatePracks = new LatePracks();
  readonly #context: EngineContext;
  readonly #byId: SteadyMap<string, Pending> = new SteadyMap<string, Pending>();
  readonly #byTransaction: SteadyMap<ServerTransaction, Pending> = new SteadyMap<
    ServerTransaction,
    Pending
  >();
  /** INVITEs without a final response, by their dialog: never two in one (14.2). */
  readonly #openInvites: SteadyMap<EngineDialog, Pending> = new SteadyMap<EngineDialog, Pending>();

  constructor(context: EngineContext) {
    this.#context = context;
    // whoever ended it: the peer hears at once what has become of its INVITE
    context.dialogs.onRemoved = (live): void => this.endInvite(live);
  }

  /** The request that this transaction is about, while it is open. */
  of(transaction: ServerTransaction): Pending | undefined {
    return this.#byTransaction.get(transaction);
  }

  /** The INVITE of this dialog, or the one that makes it, that awaits a final response. */
  openInvite(live: EngineDialog): Pending | undefined {
    return this.#openInvites.get(live);
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
    const pending = { id, transaction, app, toTag, live, forks, isInDialog, reliable: undefined };
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
    if (pending.reliable?.mustWait(start.status) === true) {
      pending.reliable.hold(() => this.#resume(app, command));
      return undefined;
    }
    const provisional = provisionalOf(this.#context, pending, command.sip, start.status);
    const response = composeAnswer(this.#context, pending, {
      sip: provisional.sip,
      rseq: provisional.rseq,
      status: start.status,
      reason: start.reason,
    });
    const { message, back } = pending.transaction.inbound;
    const echoes = valuesOf(message, 'record-route');
    const clearance = this.#context.gate.clear(response, back, echoes);
    if (clearance.kind === 'refused') {
      if (start.status >= 200) this.#fail(pending, clearance.instead);
      return refusalText(clearance.refusal);
    }
    this.#send(app, command, pending, clearance.cleared);
    if (provisional.rseq !== undefined) this.#await(pending, clearance.cleared);
    return undefined;
  }

  /** What had to wait for a PRACK. */
  #resume(app: AppConnection, command: AppCommand): void {
    const refusal = this.respond(app, command);
    if (refusal !== undefined) app.tell({ kind: 'refused', to: command.id, text: refusal });
  }

  /** RFC 3262 section 3: without a PRACK the call is refused. */
  #await({ transaction, reliable, live }: Pending, cleared: Cleared<SipResponse>): void {
    reliable?.begin(live?.key ?? '', cleared.message.body.length > 0, {
      repeat: () => transaction.respond(cleared),
      giveUp: () => this.refuse(transaction, { status: 504 }),
    });
  }

  /** What to do once the application has this PRACK; undefined when it is for nothing that is awaited. */
  prack(live: EngineDialog, prack: SipRequest): (() => void) | undefined {
    const pending = this.#openInvites.get(live);
    const { reliable, transaction } = pending ?? {};
    const sequence = transaction?.inbound.essentials.cseq.sequence ?? 0;
    return reliable?.isFor(prack, sequence) === true ? () => reliable.acknowledge() : undefined;
  }

  get timerCount(): number {
    let count = 0;
    for (const { reliable } of this.#byId.values()) count += reliable?.timerCount ?? 0;
    return count;
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
    this.latePracks.forget(transaction);
    const pending = this.#byTransaction.get(transaction);
    if (pending === undefined) return;
    this.#byTransaction.delete(transaction);
    this.#byId.delete(pending.id);
    pending.reliable?.end();
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
    // the route set and the peer's target stay: an UPDATE may have moved the target (RFC 3311 5.2)
    const { state, local, localContact } = value;
    live.value = { ...live.value, state, local, localContact };
  }

  /** The application's final response is out. */
  #finish(pending: Pending, cleared: Cleared<SipResponse>): void {
    const { transaction, live } = pending;
    const { message } = transaction.inbound;
    if (live === undefined || cleared.message.status >= 300) {
      this.close(pending);
      return;
    }
    this.#settle(pending);
    if (isTargetRefresh(message.method)) {
      const heard = pending.isInDialog ? refreshTarget(live.value, message) : live.value;
      live.value = keepLocalContact(heard, cleared.message);
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
      awaitAck(this.#context, pending, live, cleared);
    }
    this.#letGo(pending);
  }

  /** Answered: only repeats can come, and the transaction takes care of them. */
  #letGo({ id, transaction, toTag, reliable }: Pending): void {
    this.#byId.delete(id);
    this.#byTransaction.delete(transaction);
    const left = reliable?.end();
    if (left !== undefined) this.latePracks.await(transaction, left.dialog, left.rseq);
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

  #settle(pending: Pending): void {
    const { transaction, live, isInDialog } = pending;
    if (live === undefined) return;
    if (transaction.method === 'UPDATE') live.hasPendingUpdate = false;
    if (transaction.method !== 'INVITE') return;
    if (isInDialog) live.hasPendingIn = false;
    if (this.#openInvites.get(live) === pending) this.#openInvites.delete(live);
  }
}
