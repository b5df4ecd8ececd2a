import { appToTag, composeResponse } from './dialog/compose.ts';
import {
  dialogOfUas,
  isTargetRefresh,
  keepLocalContact,
  movedContact,
  refreshTarget,
  takeSequence,
} from './dialog/dialog.ts';
import { LiveDialog } from './dialog/live-dialog.ts';
import { endByItself } from './engine-client.ts';
import { checkNewRequest, type Refusal } from './engine-admission.ts';
import { oursOn, wireSip, type EngineContext, type EngineDialog } from './engine-context.ts';
import { headerField } from './message/header-list.ts';
import type { SipRequest, SipResponse } from './message/message.ts';
import { responseTo } from './message/response-to.ts';
import type { Failure } from './transaction/effect.ts';
import type { Inbound } from './transaction/ports.ts';
import type { ServerTransaction } from './transaction/server-transaction.ts';
import type { TransactionUser } from './transaction/transaction-layer.ts';
import type { AppCommand, AppConnection } from './wire/app-connection.ts';

/** A request that an application has to answer. */
interface Pending {
  readonly id: string;
  readonly transaction: ServerTransaction;
  readonly app: AppConnection;
  /** Our tag, should the answer make a dialog. */
  toTag: string;
  live: EngineDialog | undefined;
  /** The request came inside a dialog. */
  readonly isInDialog: boolean;
}

/** What comes from the network as a request, and the answers to it. */
export class InboundRequests implements TransactionUser {
  readonly #context: EngineContext;
  readonly #byId: Map<string, Pending> = new Map<string, Pending>();
  readonly #byTransaction: Map<ServerTransaction, Pending> = new Map<ServerTransaction, Pending>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  onRequest(transaction: ServerTransaction): void {
    const { message, essentials } = transaction.inbound;
    if (message.method === 'CANCEL') this.#cancel(transaction);
    else if (essentials.toTag === undefined) this.#new(transaction);
    else this.#inDialog(transaction, essentials.toTag);
  }

  onAck({ message, essentials, source }: Inbound<SipRequest>): void {
    const { callId, fromTag, toTag, cseq } = essentials;
    const live = this.#context.dialogs.find(callId, toTag ?? '', fromTag ?? '');
    if (live === undefined || !live.isAwaitingAck) return;
    live.receiveAck(cseq.sequence, () => {
      const transactionId = live.acceptedId ?? '';
      const peer = { tuple: source, protocol: '' };
      const received = wireSip(message, peer, { transactionId, dialogId: live.name });
      live.app?.tell({ kind: 'received', received, receivedOn: undefined });
    });
  }

  onServerFailure(transaction: ServerTransaction, failure: Failure): void {
    // nobody answers: the caller is not left waiting for ever
    if (failure === 'no-final') this.#refuse(transaction, { status: 408 });
  }

  onServerEnd(transaction: ServerTransaction): void {
    const pending = this.#byTransaction.get(transaction);
    if (pending === undefined) return;
    this.#byTransaction.delete(transaction);
    this.#byId.delete(pending.id);
    this.#settle(pending);
    if (transaction.request.method === 'BYE' && pending.live !== undefined) {
      this.#context.dialogs.remove(pending.live);
    }
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
    const { source } = pending.transaction.inbound;
    const isBye = pending.transaction.request.method === 'BYE';
    const dialogId = isBye ? undefined : pending.live?.name;
    const peer = isBye ? { tuple: source, protocol: '' } : { tuple: source };
    const sent = wireSip(response, peer, { transactionId: pending.id, dialogId });
    app.tell({ kind: 'response-sent', to: command.id, sent });
    pending.transaction.respond(response);
    if (start.status >= 200) this.#finish(pending, response);
    return undefined;
  }

  /** The application is gone (or all are): what it has not answered gets 503. */
  abandon(app: AppConnection | undefined): void {
    for (const pending of this.#byId.values()) {
      if ((app === undefined || pending.app === app) && pending.transaction.isPending) {
        this.#refuse(pending.transaction, { status: 503 });
      }
    }
  }

  #new(transaction: ServerTransaction): void {
    const { message, local, source } = transaction.inbound;
    const refusal = checkNewRequest(this.#context, transaction);
    const app = refusal === undefined ? this.#context.apps.pick(message.method) : undefined;
    if (app === undefined) {
      this.#refuse(transaction, refusal ?? this.#nobody());
      return;
    }
    const pending = this.#file(transaction, app, undefined);
    const names = { transactionId: pending.id, dialogId: undefined };
    const received = wireSip(message, { tuple: source }, names);
    app.tell({ kind: 'received', received, receivedOn: local });
  }

  /** 21.4.6 and 21.5.4: a method that nobody takes, or no application at all. */
  #nobody(): Refusal {
    if (this.#context.apps.size === 0) return { status: 503 };
    const allow = this.#context.apps.verbs().join(', ');
    return { status: 405, headers: [headerField('Allow', allow)] };
  }

  #inDialog(transaction: ServerTransaction, toTag: string): void {
    const { message, essentials, source } = transaction.inbound;
    const live = this.#context.dialogs.find(essentials.callId, toTag, essentials.fromTag ?? '');
    if (live === undefined) {
      this.#refuse(transaction, { status: 481 });
      return;
    }
    const refusal = this.#enter(live, transaction);
    if (refusal !== undefined) {
      this.#refuse(transaction, refusal);
      return;
    }
    const app = live.app;
    if (message.method === 'BYE' && (app === undefined || live.isEnding)) {
      transaction.respond(responseTo(message, 200));
      this.#context.dialogs.remove(live);
      return;
    }
    if (app === undefined) {
      this.#refuse(transaction, { status: 503 });
      return;
    }
    const pending = this.#file(transaction, app, live);
    if (message.method === 'INVITE') live.hasPendingIn = true;
    if (message.method === 'BYE') this.#endPendingInvite(live);
    const names = { transactionId: pending.id, dialogId: live.name };
    const received = wireSip(message, { tuple: source }, names);
    app.tell({ kind: 'received', received, receivedOn: undefined });
  }

  /** 12.2.2 and 14.2: the order of requests, and INVITEs that cross. */
  #enter(live: EngineDialog, { inbound }: ServerTransaction): Refusal | undefined {
    const { method, sequence } = inbound.essentials.cseq;
    const taken = takeSequence(live.value, sequence);
    if (taken === 'out-of-order') return { status: 500 };
    live.value = taken;
    if (method !== 'INVITE') return undefined;
    if (live.hasPendingOut) return { status: 491 };
    const retry = Number.parseInt(this.#context.token().slice(0, 4), 36) % 11;
    if (live.hasPendingIn) {
      return { status: 500, headers: [headerField('Retry-After', String(retry))] };
    }
    return live.isEnding ? { status: 481 } : undefined;
  }

  /** 9.2: the INVITE ends with 487; the application hears of it with the INVITE's transaction. */
  #cancel(transaction: ServerTransaction): void {
    const { inbound } = transaction;
    const invite = this.#context.transactions.inviteOf(inbound);
    const pending = invite === undefined ? undefined : this.#byTransaction.get(invite);
    if (invite === undefined) {
      this.#refuse(transaction, { status: 481 });
      return;
    }
    const toTag = pending?.toTag ?? this.#context.token();
    transaction.respond(responseTo(inbound.message, 200, { toTag }));
    if (pending === undefined || !invite.isPending) return;
    const response = responseTo(invite.request, 487, { toTag });
    invite.respond(response);
    const names = { transactionId: pending.id, dialogId: pending.live?.name };
    const received = wireSip(inbound.message, { tuple: inbound.source }, names);
    this.#finish(pending, response);
    pending.app.tell({ kind: 'received', received, receivedOn: undefined });
  }

  /** 15.1.2: a BYE ends the INVITE that is still open in its dialog. */
  #endPendingInvite(live: EngineDialog): void {
    for (const pending of this.#byId.values()) {
      const { transaction } = pending;
      const isOpen = transaction.isPending && transaction.request.method === 'INVITE';
      if (pending.live !== live || !isOpen) continue;
      transaction.respond(responseTo(transaction.request, 487, { toTag: pending.toTag }));
      this.#settle(pending);
    }
  }

  #file(
    transaction: ServerTransaction,
    app: AppConnection,
    live: EngineDialog | undefined,
  ): Pending {
    const id = this.#context.newId();
    const toTag = live?.value.localTag ?? this.#context.token();
    const pending = { id, transaction, app, toTag, live, isInDialog: live !== undefined };
    this.#byId.set(id, pending);
    this.#byTransaction.set(transaction, pending);
    return pending;
  }

  #compose(
    pending: Pending,
    { sip }: AppCommand,
    answer: { status: number; reason: string },
  ): SipResponse {
    const { transaction, live } = pending;
    const { message, essentials, back } = transaction.inbound;
    const { path } = back;
    const ours = oursOn(path);
    if (live === undefined) pending.toTag = appToTag(sip) ?? pending.toTag;
    const contact =
      live === undefined
        ? `<sip:${ours}>`
        : movedContact(live.value.localContact, live.path.advertised, path.advertised);
    const own = { toTag: pending.toTag, contact, ours };
    const response = composeResponse(message, sip, answer, own);
    const { status } = answer;
    const makesDialog = message.method === 'INVITE' && status > 100 && status < 300;
    if (makesDialog && !pending.isInDialog) {
      const value = dialogOfUas(message, essentials, response);
      if (live === undefined) {
        pending.live = new LiveDialog(value, pending.app, path);
        this.#context.dialogs.add(pending.live);
      } else
        live.value = {
          ...value,
          localSequence: live.value.localSequence,
          remoteSequence: live.value.remoteSequence,
        };
    }
    return response;
  }

  /** The final response is out. */
  #finish(pending: Pending, response: SipResponse): void {
    this.#settle(pending);
    const { transaction, live } = pending;
    const { message, essentials, back } = transaction.inbound;
    if (live === undefined) return;
    const isSuccess = response.status < 300;
    if (isSuccess && isTargetRefresh(message.method)) {
      live.value = keepLocalContact(refreshTarget(live.value, message), response);
      live.path = back.path;
    }
    if (message.method === 'BYE') this.#context.dialogs.remove(live);
    else if (message.method !== 'INVITE') return;
    else if (isSuccess) this.#accept(pending, live, response, essentials.cseq.sequence);
    else if (!pending.isInDialog) this.#context.dialogs.remove(live);
  }

  #accept(pending: Pending, live: EngineDialog, response: SipResponse, sequence: number): void {
    const { clock, timing } = this.#context;
    live.acceptedId = pending.id;
    live.accept(clock, timing, sequence, {
      repeat: () => pending.transaction.respond(response),
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

  #settle({ transaction, live, isInDialog }: Pending): void {
    if (isInDialog && live !== undefined && transaction.request.method === 'INVITE') {
      live.hasPendingIn = false;
    }
  }

  #refuse(transaction: ServerTransaction, { status, headers = [] }: Refusal): void {
    const pending = this.#byTransaction.get(transaction);
    const toTag = pending?.toTag ?? this.#context.token();
    const response = responseTo(transaction.request, status, { toTag, headers });
    transaction.respond(response);
    if (pending !== undefined) this.#finish(pending, response);
  }
}
