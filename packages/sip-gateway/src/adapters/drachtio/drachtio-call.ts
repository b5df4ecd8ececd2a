import type { LegName } from '../../media/media-relay.ts';
import { inviteHeaders, sdpOf, toTagOf } from '../../sip/message-mapping.ts';
import type {
  IncomingInvite,
  SignalAct,
  SignalEvent,
  SignalledCall,
} from '../../sip/signalling.ts';
import type {
  SrfApp,
  SrfClientResponse,
  SrfInboundRequest,
  SrfSentRequest,
  SrfServerResponse,
} from '../../sip/srf.ts';
import { sendResponse } from './send-response.ts';

export interface DrachtioCallParts {
  readonly invite: IncomingInvite;
  readonly request: SrfInboundRequest;
  readonly response: SrfServerResponse;
  readonly srf: SrfApp;
  /** From now on requests of this dialog are B's. */
  readonly nameB: (dialog: string) => void;
  readonly unname: (dialog: string) => void;
}

const sdpHeaders = { 'Content-Type': 'application/sdp' } as const;
/** In a dialog the SIP server puts in the remote target. */
const inDialog = 'sip:placeholder';

/** Both legs of one call, as drachtio-srf's transactions. */
export class DrachtioCall implements SignalledCall {
  readonly invite: IncomingInvite;
  readonly #parts: DrachtioCallParts;
  readonly #dialogs: Partial<Record<LegName, string>>;
  readonly #reInvites = new Map<string, SrfServerResponse>();
  readonly #acks = new Map<'b' | 're-invite', () => void>();
  #sent: SrfSentRequest | undefined;
  #isCancelled = false;
  #reInviteCount = 0;
  #listener: (event: SignalEvent) => void = () => undefined;

  constructor(parts: DrachtioCallParts) {
    this.#parts = parts;
    this.invite = parts.invite;
    this.#dialogs = { a: parts.invite.callId };
    parts.request.on('cancel', () => this.emit({ kind: 'cancel' }));
  }

  onEvent(listener: (event: SignalEvent) => void): void {
    this.#listener = listener;
  }

  emit(event: SignalEvent): void {
    this.#listener(event);
  }

  reInvited(from: LegName, request: SrfInboundRequest, response: SrfServerResponse): void {
    this.#reInviteCount += 1;
    const id = `${from}${this.#reInviteCount}`;
    this.#reInvites.set(id, response);
    this.emit({ kind: 're-invite', from, id, sdp: sdpOf(request) });
  }

  perform(act: SignalAct): void {
    const { response } = this.#parts;
    switch (act.kind) {
      case 'ring-a':
        sendResponse(response, act.status, act.sdp);
        break;
      case 'answer-a':
        sendResponse(response, 200, act.sdp);
        break;
      case 'refuse-a':
        sendResponse(response, act.status, undefined);
        break;
      case 'invite-b':
        this.#inviteB(act);
        break;
      case 'cancel-b':
        this.#isCancelled = true;
        this.#cancelB();
        break;
      case 'ack-b':
        this.#ack('b');
        break;
      case 'bye':
        this.#bye(act.leg);
        break;
      case 're-invite':
        this.#reInvite(act);
        break;
      case 'ack-re-invite':
        this.#ack('re-invite');
        break;
      case 'answer-re-invite':
        this.#answerReInvite(act.id, 200, act.sdp);
        break;
      case 'refuse-re-invite':
        this.#answerReInvite(act.id, act.status, undefined);
        break;
      default:
        act satisfies never;
    }
  }

  forget(): void {
    this.#listener = () => undefined;
    for (const dialog of Object.values(this.#dialogs)) this.#parts.unname(dialog);
  }

  #inviteB({ uri, sdp }: SignalAct & { readonly kind: 'invite-b' }): void {
    const { srf, request, invite } = this.#parts;
    const headers = inviteHeaders(invite, request.get('max-forwards'));
    srf.request(uri, { method: 'INVITE', headers, body: sdp }, (error, sent) => {
      if (error !== null || sent === undefined) {
        this.emit({ kind: 'failure', status: 503 });
        return;
      }
      this.#sent = sent;
      sent.on('response', (answer, ack) => this.#answeredByB(answer, ack));
      if (this.#isCancelled) this.#cancelB();
    });
  }

  #answeredByB(answer: SrfClientResponse, ack: () => void): void {
    const { status, stackDialogId } = answer;
    const [fork, sdp] = [toTagOf(answer), sdpOf(answer)];
    if (status < 200) {
      if (status > 100) this.emit({ kind: 'provisional', fork, status, sdp });
    } else if (status < 300) {
      this.#acks.set('b', ack);
      if (stackDialogId !== undefined) {
        this.#dialogs.b = stackDialogId;
        this.#parts.nameB(stackDialogId);
      }
      this.emit({ kind: 'answer', fork, sdp });
    } else this.emit({ kind: 'failure', status });
  }

  /** Before the INVITE has left there is nothing to cancel; the one it becomes is cancelled then. */
  #cancelB(): void {
    this.#sent?.cancel((error) => {
      // its final response is on the way to us already, or never comes: a timer of the call waits for that
      if (error !== null) this.emit({ kind: 'failure', status: 487 });
    });
  }

  #ack(which: 'b' | 're-invite'): void {
    this.#acks.get(which)?.();
    this.#acks.delete(which);
  }

  #bye(leg: LegName): void {
    const stackDialogId = this.#dialogs[leg];
    if (stackDialogId === undefined) return;
    // a dialog that is not there any more needs no BYE, and nobody waits for the answer to one
    this.#parts.srf.request(inDialog, { method: 'BYE', stackDialogId }, () => undefined);
  }

  #reInvite({ leg, sdp }: SignalAct & { readonly kind: 're-invite' }): void {
    const stackDialogId = this.#dialogs[leg];
    if (stackDialogId === undefined) {
      this.emit({ kind: 're-failure', status: 481 });
      return;
    }
    const options = { method: 'INVITE', stackDialogId, headers: sdpHeaders, body: sdp };
    this.#parts.srf.request(inDialog, options, (error, sent) => {
      if (error !== null || sent === undefined) {
        this.emit({ kind: 're-failure', status: error?.code === 'ENODIALOG' ? 481 : 500 });
        return;
      }
      sent.on('response', (answer, ack) => {
        if (answer.status < 200) return;
        if (answer.status < 300) {
          this.#acks.set('re-invite', ack);
          this.emit({ kind: 're-answer', sdp: sdpOf(answer) });
        } else this.emit({ kind: 're-failure', status: answer.status });
      });
    });
  }

  #answerReInvite(id: string, status: number, sdp: string | undefined): void {
    const response = this.#reInvites.get(id);
    this.#reInvites.delete(id);
    if (response !== undefined) sendResponse(response, status, sdp);
  }
}
