import { confirmDialog, dialogPart, refreshTarget } from '../dialog/dialog.ts';
import { heardNext, isOutOfOrder } from '../dialog/heard-provisionals.ts';
import { ackOf, type SentAck } from '../dialog/live-dialog.ts';
import {
  forksPerInvite,
  isUndecided,
  type OutgoingInviteEffect,
  type OutgoingInviteState,
} from '../dialog/outgoing-invite.ts';
import { acknowledgeLate } from './acknowledge-late.ts';
import { localAnswer, requestForNobody } from './client.ts';
import { wireSip, type EngineContext, type EngineDialog } from './context.ts';
import { inviteRunner, type InviteRunner } from './invite-runner.ts';
import type { InviteAnswer, InviteSubject } from './invite-subject.ts';
import { doubtCall } from './lost-call.ts';
import { openUacDialog } from './open-uac-dialog.ts';
import { agreeOnSession } from './session.ts';
import { StrayAnswers } from './stray-answers.ts';
import { ownText } from '../own-text.ts';
import type { Cleared } from '../guard/send-gate.ts';
import type { Essentials } from '../message/essentials.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import type { ClientTransaction, ClientUser } from '../transaction/client-transaction.ts';
import { packRequest, unpackRequest } from '../message/packed-request.ts';
import type { Failure } from '../transaction/effect.ts';
import type { Received } from '../transaction/ports.ts';
import { cancelOf } from '../transaction/same-transaction.ts';
import type { Way } from '../transport/send-path.ts';
import type { AppConnection } from '../wire/app-connection.ts';

const noHeaders: readonly HeaderField[] = [];

/** One INVITE that an application sends: its transaction, its early dialogs, its CANCEL. */
export class EngineInvite implements ClientUser {
  readonly subject: InviteSubject;
  app: AppConnection | undefined;
  readonly context: EngineContext;
  /** What CANCEL, dialogs and answers of ours are made from; its bytes are kept by the transaction alone. Packed once there is a 2xx. */
  #request: SipRequest | string;
  readonly #way: Way;
  readonly #onOver: (invite: EngineInvite) => void;
  /** By To tag; most INVITEs have one, and not for long. */
  #early: Map<string, EngineDialog> | undefined;
  #strays: StrayAnswers | undefined;
  readonly #runner: InviteRunner;
  #transaction: ClientTransaction | undefined;
  /** Of the 2xx that counts. */
  #ack: SentAck | undefined;
  /** The response that is being handled. */
  #current: InviteAnswer | undefined;
  #cancelHeaders: readonly HeaderField[] = noHeaders;
  #isSettled = false;

  constructor(
    context: EngineContext,
    subject: InviteSubject,
    app: AppConnection,
    request: Cleared<SipRequest>,
    onOver: (invite: EngineInvite) => void,
  ) {
    this.context = context;
    this.subject = subject;
    this.app = app;
    this.#request = request.message;
    this.#way = request.way;
    this.#onOver = onOver;
    this.#ack = subject.base?.ack;
    this.#runner = inviteRunner(this);
  }

  get #sent(): SipRequest {
    return typeof this.#request === 'string' ? unpackRequest(this.#request) : this.#request;
  }

  get timerCount(): number {
    return this.#runner.timerCount;
  }

  get state(): OutgoingInviteState {
    return this.#runner.state;
  }

  /** @param request as given at the beginning; the transaction keeps its bytes as long as it needs them */
  begin(request: Cleared<SipRequest>): void {
    this.subject.base?.openInvite(() => this.#runner.handle({ kind: 'dialog-ended' }));
    this.#transaction = this.context.transactions.request(request, this);
    if (this.#transaction === undefined) this.#fail('transport-error');
  }

  /**
   * The application no longer wants an answer (9.1).
   * @param headers such as Reason, for the CANCEL
   * @returns the CANCEL as it goes out, now or after the first provisional response
   */
  cancel(headers: readonly HeaderField[]): SipRequest {
    this.#cancelHeaders = headers;
    this.#runner.handle({ kind: 'cancel' });
    return cancelOf(this.#sent, headers);
  }

  /** Nothing more is awaited or told: its timer stops. */
  stop(): void {
    this.app = undefined;
    this.#runner.handle({ kind: 'failure' });
  }

  onResponse(received: Received): void {
    const { status, essentials } = received;
    const { base } = this.subject;
    const live = this.#heardIn(essentials);
    // also with our BYE out: nobody will acknowledge what comes
    const isGone = live?.isEnding === true && (live === base || !this.context.dialogs.has(live));
    if (status < 200 && isOutOfOrder(live?.heard, received)) return;
    this.#current = received;
    if (status < 200) {
      if (status > 100) this.#learn(received);
      this.#runner.handle({ kind: 'provisional' });
    } else if (status < 300 && isGone) {
      this.#acceptAfterEnd(live, received);
    } else if (status < 300) {
      this.#runner.handle({ kind: 'success', toTag: ownText(essentials.toTag ?? '') });
    } else {
      this.#settle();
      this.#runner.handle({ kind: 'failure' });
    }
    this.#current = undefined;
  }

  onFailure(failure: Failure): void {
    if (failure === 'no-final') this.#runner.handle({ kind: 'rings-too-long' });
    else this.#fail(failure);
  }

  onEnd(): void {
    this.#settle();
    this.stop();
    this.#onOver(this);
  }

  #fail(failure: Failure | 'cancelled'): void {
    const response = localAnswer(this.context, this.#sent, failure);
    this.#current = { response, essentials: undefined, verbatim: undefined };
    this.#settle();
    this.#runner.handle({ kind: 'failure' });
    this.#current = undefined;
    if (this.#transaction === undefined) this.#onOver(this);
  }

  /** For its machine alone. */
  carryOut(effect: OutgoingInviteEffect): void {
    switch (effect.kind) {
      case 'deliver':
        this.#deliver();
        break;
      case 'send-cancel':
        requestForNobody(this.context, cancelOf(this.#sent, this.#cancelHeaders), this.#way);
        break;
      case 'tell-cancelled':
        this.#tellCancelled();
        break;
      case 'accept-and-end':
        this.#acceptAndEnd();
        break;
      case 'repeat-ack':
        this.#repeatAck();
        break;
      case 'abandon':
        this.#transaction?.abandon();
        break;
      default:
        effect satisfies never;
    }
  }

  #deliver(): void {
    const answer = this.#current;
    if (answer === undefined || answer.response.status === 100) return;
    const { status } = answer.response;
    if (answer.essentials && status >= 200 && status < 300) this.#confirm(answer);
    this.#tell(answer.response, answer.verbatim);
    const { base } = this.subject;
    if (base !== undefined) doubtCall(this.context, base, { method: 'INVITE', status });
  }

  #tell(response: SipResponse, verbatim?: Uint8Array): void {
    const { id, name } = this.subject;
    const peer = { tuple: this.#way.destination };
    const received = wireSip(response, peer, { transactionId: id, dialogId: name }, verbatim);
    this.app?.tell({ kind: 'received', received, receivedOn: undefined });
  }

  #tellCancelled(): void {
    // in a dialog the 2xx that crossed was delivered
    if (this.subject.base !== undefined && this.#current !== undefined) return;
    this.#settle();
    this.#tell(localAnswer(this.context, this.#sent, 'cancelled'));
  }

  /** 13.2.2.4: the dialog of the first 2xx; the other early ones end with the transaction. */
  #confirm(answer: Received): void {
    const { base } = this.subject;
    const { response } = answer;
    if (base !== undefined) {
      base.value = refreshTarget(base.value, response);
      this.#settle();
      this.#agree(base, response);
      return;
    }
    const live = this.#take(answer);
    this.#ack = live.ack;
    this.#agree(live, response);
    // kept for 64*T1, in case that another fork answers
    this.#request = packRequest(dialogPart(this.#sent));
  }

  #agree(live: EngineDialog, success: SipResponse): void {
    const ours = this.#sent;
    agreeOnSession(this.context, live, { success, role: 'uac', ours, theirs: success });
  }

  #learn(received: Received): void {
    this.#learnEarly(received);
    const live = this.#heardIn(received.essentials);
    if (live) live.heard = heardNext(live.heard, received, this.context.dialogs.hear(live));
  }

  #learnEarly(received: Received): void {
    const tag = received.essentials.toTag;
    if (tag === undefined || this.subject.base !== undefined || !isUndecided(this.state)) return;
    const early = (this.#early ??= new Map<string, EngineDialog>());
    const known = early.get(tag);
    const isFull = early.size >= forksPerInvite;
    if (known !== undefined) known.value = refreshTarget(known.value, received.response);
    else if (!isFull) early.set(tag, this.#open(received));
  }

  #heardIn({ toTag = '' }: Essentials): EngineDialog | undefined {
    return this.subject.base ?? this.#early?.get(toTag);
  }

  /** The dialog of a 2xx, which is early no more. */
  #take(answer: Received): EngineDialog {
    const tag = answer.essentials.toTag ?? '';
    const live = this.#early?.get(tag) ?? this.#open(answer);
    this.#early?.delete(tag);
    if (this.#early?.size === 0) this.#early = undefined;
    live.value = confirmDialog(live.value, answer.response);
    return live;
  }

  #open(answer: Received): EngineDialog {
    const sender = { app: this.app, path: this.#way.path };
    return openUacDialog(this.context, this.#sent, answer, sender);
  }

  /** A 2xx that crossed the CANCEL, or of a further fork. */
  #acceptAndEnd(): void {
    const answer = this.#current;
    if (answer?.essentials === undefined) return;
    if (this.subject.base !== undefined) {
      // the dialog lives on with what was agreed: the application has to know, once
      if (!this.#isSettled) this.#deliver();
      this.#repeatAck();
      return;
    }
    (this.#strays ??= new StrayAnswers(this.context)).end(answer, () => this.#take(answer));
  }

  /** Its dialog is gone or ends: the application hears what this 2xx should have been (15.1.2). */
  #acceptAfterEnd(live: EngineDialog, received: Received): void {
    this.#fail('cancelled');
    if (!this.subject.base) (this.#strays ??= new StrayAnswers(this.context)).keep(live);
    acknowledgeLate(this.context, live, received, this.#ack);
  }

  /** The ACK of this 2xx again. A call may outlive the application that has to send it first: then it is the engine's own. */
  #repeatAck(): void {
    const { base } = this.subject;
    const answer = this.#current;
    if (answer?.essentials === undefined) return;
    const ack = ackOf(this.#ack, answer.essentials.cseq.sequence);
    if (ack !== undefined) this.context.gate.send(ack, () => undefined);
    else if (base && this.app?.isOpen === false) acknowledgeLate(this.context, base, answer);
  }

  /** Early dialogs that became nothing are gone; the base dialog may send its next INVITE. */
  #settle(): void {
    // once only: the next INVITE in the dialog may be under way while 2xx of this one still come
    if (!this.#isSettled) this.subject.base?.closeInvite();
    this.#isSettled = true;
    for (const live of this.#early?.values() ?? []) this.context.dialogs.remove(live);
    this.#early = undefined;
  }
}
