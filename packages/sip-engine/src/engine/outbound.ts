import { composeRequest, free } from '../dialog/compose.ts';
import { isUndecided } from '../dialog/outgoing-invite.ts';
import { dialogName } from '../dialog/dialog.ts';
import { localAnswer, draftInDialog, routeInDialog, routeTo, sendAck } from './client.ts';
import {
  newBranch,
  oursOn,
  sentSip,
  wireSip,
  type EngineContext,
  type EngineDialog,
} from './context.ts';
import { dialogFor } from './dialog-for.ts';
import { refusalText } from './gate.ts';
import { EngineInvite } from './invite.ts';
import { isOurs, sequenceOf } from './new-request.ts';
import { isCrossing } from './offers.ts';
import { SentRequest, tellResponse } from './sent-request.ts';
import { tagOf } from '../dialog/address-text.ts';
import { bodyOf } from '../dialog/said-body.ts';
import type { Cleared } from '../guard/send-gate.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import type { Way } from '../transport/send-path.ts';
import type { AppCommand, AppConnection } from '../wire/app-connection.ts';

/** A request of an application, and what it is to do. */
interface Composed {
  readonly request: SipRequest;
  readonly way: Way;
  readonly live: EngineDialog | undefined;
  /** Runs when it goes out. */
  readonly keep?: () => void;
}

/** The text that drachtio-srf knows as ENODIALOG. */
export const noDialog = 'Server error: unable to find dialog for dialog id provided';

/** What goes from applications to the network as a request. */
export class OutboundRequests {
  readonly #context: EngineContext;
  readonly #onInviteEnd: (invite: EngineInvite) => void;
  readonly #invites: Map<string, EngineInvite> = new Map<string, EngineInvite>();

  /** @param onInviteOver runs when an INVITE is decided and its repeats are, too */
  constructor(context: EngineContext, onInviteOver: () => void) {
    this.#context = context;
    this.#onInviteEnd = ({ subject }): void => {
      this.#invites.delete(subject.id);
      onInviteOver();
    };
  }

  get timerCount(): number {
    let count = 0;
    for (const invite of this.#invites.values()) count += invite.timerCount;
    return count;
  }

  /** INVITEs of this application that are not decided. */
  pendingOf(app: AppConnection | undefined): EngineInvite[] {
    return [...this.#invites.values()].filter(
      ({ state, app: of }) => isUndecided(state) && (app === undefined || of === app),
    );
  }

  /** Stops every timer: the engine closes. */
  stop(): void {
    for (const invite of this.#invites.values()) invite.stop();
  }

  /** @returns a text when it is refused */
  handle(app: AppConnection, command: AppCommand): string | undefined {
    const { start } = command.sip;
    if (start.kind !== 'request') return 'a response needs the transaction it answers';
    if (start.method === 'CANCEL') return this.#cancel(app, command);
    const live = dialogFor(this.#context, app, command, start.method);
    if (live === undefined) {
      return command.dialogId === undefined ? this.#new(app, command) : noDialog;
    }
    live.app = app;
    return start.method === 'ACK'
      ? this.#ack(app, command, live)
      : this.#inDialog(app, command, live, start.method);
  }

  #new(app: AppConnection, command: AppCommand): string | undefined {
    const { sip, proxyUri } = command;
    const { start } = sip;
    if (start.kind !== 'request') return undefined;
    if (start.method === 'ACK') return noDialog;
    if (!this.#context.transactions.hasRoom()) return 'too many transactions';
    const hop = proxyUri ?? start.requestUri;
    const context = this.#context;
    routeTo(context, hop, undefined, (way) => {
      if ('kind' in way) {
        app.tell({ kind: 'refused', to: command.id, text: way.reason });
        return;
      }
      // lost while the name was looked up: nobody would hear of the answer, or cancel it
      if (!app.isOpen) return;
      if (isOurs(context, way)) {
        app.tell({ kind: 'refused', to: command.id, text: 'the request would come back here' });
        return;
      }
      const request = composeRequest(sip, start, {
        ours: oursOn(way.path),
        branch: newBranch(context),
        sequence: sequenceOf(context, valueOf(sip, 'cseq')),
        fromTag: context.token(),
        callId: context.newId(),
      });
      this.#send(app, command, { request, way, live: undefined });
    });
    return undefined;
  }

  #inDialog(
    app: AppConnection,
    command: AppCommand,
    live: EngineDialog,
    method: string,
  ): string | undefined {
    if (live.isEnding && !(method === 'BYE' && live.isByeChallenged)) return noDialog;
    const compose = (): void => this.#compose(app, command, live, method);
    // 15 and 14.1: our 2xx has to be acknowledged first
    if (method === 'BYE' || method === 'INVITE') {
      live.afterAck(() => {
        const mayGo = method === 'BYE' ? live.beginBye() : !live.isEnding;
        if (mayGo) compose();
        else app.tell({ kind: 'refused', to: command.id, text: noDialog });
      });
    } else compose();
    return undefined;
  }

  #compose(app: AppConnection, command: AppCommand, live: EngineDialog, method: string): void {
    const context = this.#context;
    const { sip } = command;
    routeInDialog(context, live, (way) => {
      if ('kind' in way || !context.dialogs.has(live)) {
        const text = 'kind' in way ? way.reason : noDialog;
        app.tell({ kind: 'refused', to: command.id, text });
        if (method === 'BYE') context.dialogs.remove(live);
        return;
      }
      const { path } = way;
      const draft = draftInDialog(context, live, { sip, method, path });
      if (isCrossing(live, draft.request)) {
        this.#refusePending(app, command, live, draft.request);
        return;
      }
      this.#send(app, command, { ...draft, way, live });
    });
  }

  /** Told as the peer would tell it. */
  #refusePending(
    app: AppConnection,
    command: AppCommand,
    live: EngineDialog,
    request: SipRequest,
  ): void {
    const names = { transactionId: this.#context.newId(), dialogId: live.name };
    const peer = { tuple: live.path.transport.localAddress };
    app.tell({ kind: 'request-sent', to: command.id, sent: wireSip(request, peer, names) });
    const response = localAnswer(this.#context, request, 'pending');
    tellResponse(app, response, peer.tuple, names);
  }

  #send(app: AppConnection, command: AppCommand, { request, way, live, keep }: Composed): void {
    const clearance = this.#context.gate.clear(request, way);
    if (clearance.kind === 'refused') {
      app.tell({ kind: 'refused', to: command.id, text: refusalText(clearance.refusal) });
      if (live !== undefined && request.method === 'BYE') this.#context.dialogs.remove(live);
      return;
    }
    keep?.();
    const { cleared } = clearance;
    const id = this.#context.newId();
    // the echo first: the application files the request on it
    const sent = sentSip(cleared, { transactionId: id, dialogId: undefined });
    app.tell({ kind: 'request-sent', to: command.id, sent });
    if (request.method === 'INVITE') this.#sendInvite(app, cleared, { id, live });
    else this.#sendOther(app, cleared, { id, live });
  }

  #sendInvite(
    app: AppConnection,
    request: Cleared<SipRequest>,
    { id, live }: { id: string; live: EngineDialog | undefined },
  ): void {
    const callId = valueOf(request.message, 'call-id') ?? '';
    const fromTag = tagOf(valueOf(request.message, 'from') ?? '') ?? '';
    const subject = { id, name: live?.name ?? dialogName(callId, fromTag), base: live };
    const invite = new EngineInvite(this.#context, subject, app, request, this.#onInviteEnd);
    this.#invites.set(id, invite);
    invite.begin(request);
  }

  #sendOther(
    app: AppConnection,
    cleared: Cleared<SipRequest>,
    { id, live }: { id: string; live: EngineDialog | undefined },
  ): void {
    const { message: request, way } = cleared;
    const names = { transactionId: id, dialogId: live?.name };
    const { destination } = way;
    const sent = new SentRequest(this.#context, { app, request, destination, names, live });
    if (this.#context.transactions.request(cleared, sent) === undefined) sent.refuse();
  }

  #ack(app: AppConnection, command: AppCommand, live: EngineDialog): string | undefined {
    if (live.inviteSequence === undefined || live.value.state !== 'confirmed') return noDialog;
    sendAck(this.#context, live, command.sip, (sent) => {
      if ('reason' in sent) {
        app.tell({ kind: 'refused', to: command.id, text: sent.reason });
        return;
      }
      const names = { transactionId: this.#context.newId(), dialogId: undefined };
      // the answer to an offer that came in the 2xx
      if (live.session !== undefined) live.session.said = bodyOf(sent.message) ?? live.session.said;
      const echo = sentSip(sent, names);
      app.tell({ kind: 'request-sent', to: command.id, sent: echo });
    });
    return undefined;
  }

  #cancel(app: AppConnection, command: AppCommand): string | undefined {
    const { transactionId } = command;
    const invite = transactionId === undefined ? undefined : this.#invites.get(transactionId);
    if (transactionId === undefined || invite === undefined || !isUndecided(invite.state)) {
      return 'unknown transaction: there is nothing to cancel';
    }
    const cancel = invite.cancel(free(command.sip, ''));
    const [first] = this.#context.transports;
    if (first !== undefined) {
      const names = { transactionId, dialogId: undefined };
      const sent = wireSip(cancel, { tuple: first.localAddress }, names);
      app.tell({ kind: 'request-sent', to: command.id, sent });
    }
    return undefined;
  }
}
