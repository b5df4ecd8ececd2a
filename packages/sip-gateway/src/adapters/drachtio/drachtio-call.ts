import type { LegName } from '../../media/media-relay.ts';
import type { Ipv4Address } from '../../address.ts';
import {
  acceptSdp,
  dialogNameOf,
  inviteHeaders,
  readSdp,
  sdpOf,
  toTagOf,
} from '../../sip/message-mapping.ts';
import type {
  IncomingInvite,
  SignalAct,
  SignalEvent,
  SignalledCall,
} from '../../sip/signalling.ts';
import type {
  SrfAck,
  SrfClientResponse,
  SrfInboundRequest,
  SrfOutgoing,
  SrfSentRequest,
  SrfServerResponse,
} from '../../sip/srf.ts';
import { CallerAnswers } from './caller-answers.ts';
import { capabilities, refuseMethod } from './refuse-method.ts';
import { sendResponse } from './send-response.ts';
import type { SrfSession } from './srf-session.ts';
import { warningHeader } from './warning-header.ts';

/** What every call of one gateway does in the same way. */
export interface DrachtioSettings {
  /** host:port that a peer is told as ours. */
  readonly advertisedTo: (peer: Ipv4Address) => string;
  /** A tag for each fork of B towards A; undefined: the SIP server cannot, and has one for all. */
  readonly newTag: (() => string) | undefined;
  /** Names of header fields of A's INVITE that B gets. */
  readonly passHeaders: readonly string[];
  /** The connection to the SIP server is gone. */
  readonly onLost: () => void;
}

export interface DrachtioCallParts {
  readonly invite: IncomingInvite;
  readonly request: SrfInboundRequest;
  readonly response: SrfServerResponse;
  readonly session: SrfSession;
  readonly settings: DrachtioSettings;
  /** From now on requests of this dialog are B's. */
  readonly nameB: (dialog: string) => void;
  readonly unname: (dialog: string) => void;
}

const sdpType = { 'Content-Type': 'application/sdp' } as const;
/** In a dialog the SIP server puts in the remote target. */
const inDialog = 'sip:placeholder';

/** Both legs of one call, as drachtio-srf's transactions. */
export class DrachtioCall implements SignalledCall {
  readonly invite: IncomingInvite;
  readonly #parts: DrachtioCallParts;
  readonly #caller: CallerAnswers;
  readonly #dialogs: Partial<Record<LegName, string>>;
  readonly #peers: Partial<Record<LegName, Ipv4Address>>;
  readonly #reInvites = new Map<string, SrfServerResponse>();
  readonly #acks = new Map<'b' | 're-invite', SrfAck>();
  #sent: SrfSentRequest | undefined;
  #reInviteSent: SrfSentRequest | undefined;
  #fork: string | undefined;
  #isCancelled = false;
  #isReInviteCancelled = false;
  #reInviteCount = 0;
  #listener: (event: SignalEvent) => void = () => undefined;

  constructor(parts: DrachtioCallParts) {
    const { invite, request, response, settings } = parts;
    this.#parts = parts;
    this.invite = invite;
    this.#dialogs = { a: invite.callId };
    this.#peers = { a: invite.source };
    const contact = this.contactOf('a');
    this.#caller = new CallerAnswers(response, { contact, newTag: settings.newTag });
    request.on('cancel', () => this.emit({ kind: 'cancel' }));
    request.on('update', refuseMethod);
  }

  onEvent(listener: (event: SignalEvent) => void): void {
    this.#listener = listener;
  }

  emit(event: SignalEvent): void {
    this.#listener(event);
  }

  /** Where the signalling of a leg goes; undefined while it goes nowhere. */
  peerOf(leg: LegName): Ipv4Address | undefined {
    return this.#peers[leg];
  }

  /** Contact as the peer of a leg is told it. */
  contactOf(leg: LegName): Readonly<Record<string, string>> {
    const peer = this.#peers[leg];
    return peer === undefined
      ? {}
      : { Contact: `<sip:${this.#parts.settings.advertisedTo(peer)}>` };
  }

  reInvited(from: LegName, request: SrfInboundRequest, response: SrfServerResponse): void {
    const read = readSdp(request);
    if (read.kind === 'other') {
      sendResponse(response, 415, { headers: acceptSdp });
      return;
    }
    this.#reInviteCount += 1;
    const id = `${from}${this.#reInviteCount}`;
    this.#reInvites.set(id, response);
    request.on('cancel', () => {
      this.#reInvites.delete(id);
      this.emit({ kind: 're-cancel', from, id });
    });
    this.emit({ kind: 're-invite', from, id, sdp: read.sdp });
  }

  perform(act: SignalAct): void {
    const { session, response } = this.#parts;
    session.whenUp((socket) => {
      // what was asked over a connection that is gone is answered over this one
      response.socket = socket;
      if (this.#sent !== undefined) this.#sent.socket = socket;
      for (const each of this.#reInvites.values()) each.socket = socket;
      this.#perform(act);
    });
  }

  forget(): void {
    this.#listener = () => undefined;
    for (const dialog of Object.values(this.#dialogs)) this.#parts.unname(dialog);
  }

  #perform(act: SignalAct): void {
    switch (act.kind) {
      case 'ring-a':
        this.#caller.ring(act);
        break;
      case 'answer-a':
        this.#caller.answer(act, () => this.emit({ kind: 'answer-refused' }));
        break;
      case 'refuse-a':
        this.#caller.refuse(act);
        break;
      case 'invite-b':
        this.#inviteB(act);
        break;
      case 'cancel-b':
        this.#isCancelled = true;
        this.#cancelB();
        break;
      case 'ack-b':
        if (this.#isOurs(act.fork)) this.#ack('b', act.sdp);
        break;
      case 'bye':
        if (act.leg === 'a' || this.#isOurs(act.fork)) this.#bye(act.leg);
        break;
      case 're-invite':
        this.#reInvite(act);
        break;
      case 'cancel-re-invite':
        this.#isReInviteCancelled = true;
        // what it becomes comes as its answer; without one a timer of the call waits
        this.#reInviteSent?.cancel(() => undefined);
        break;
      case 'ack-re-invite':
        this.#ack('re-invite', act.sdp);
        break;
      case 'answer-re-invite':
        this.#answerReInvite(act.id, 200, this.#described(act.leg, act.sdp));
        break;
      case 'refuse-re-invite':
        this.#answerReInvite(act.id, act.status, { headers: warningHeader(act.warning) });
        break;
      default:
        act satisfies never;
    }
  }

  #inviteB({ callee, sdp }: SignalAct & { readonly kind: 'invite-b' }): void {
    const { session, request, invite, settings } = this.#parts;
    const { uri, address, nextHop } = callee;
    this.#peers.b = address;
    const hops = request.get('max-forwards');
    const headers = {
      ...inviteHeaders(invite, hops, settings.advertisedTo(address)),
      ...this.contactOf('b'),
      ...(sdp === undefined ? {} : sdpType),
      ...capabilities,
    };
    const options = {
      method: 'INVITE',
      headers,
      ...(sdp === undefined ? {} : { body: sdp }),
      ...(nextHop === undefined ? {} : { proxy: nextHop }),
    };
    session.request(uri, options, (error, sent) => {
      if (error !== null || sent === undefined) {
        this.emit({ kind: 'failure', status: 503 });
        return;
      }
      this.#sent = sent;
      this.#nameB(dialogNameOf(sent));
      sent.on('response', (answer, ack) => this.#answeredByB(answer, ack));
      sent.on('update', refuseMethod);
      if (this.#isCancelled) this.#cancelB();
    });
  }

  #nameB(dialog: string | undefined): void {
    if (dialog === undefined) return;
    this.#dialogs.b = dialog;
    this.#parts.nameB(dialog);
  }

  #answeredByB(answer: SrfClientResponse, ack: SrfAck): void {
    const { status, stackDialogId } = answer;
    const [fork, sdp] = [toTagOf(answer), sdpOf(answer)];
    if (status < 200) {
      if (status > 100) this.emit({ kind: 'provisional', fork, status, sdp });
    } else if (status < 300) {
      this.#fork ??= fork;
      this.#acks.set('b', ack);
      this.#nameB(stackDialogId);
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

  /** Any fork but the one that answered first is acknowledged and hung up by the SIP server itself. */
  #isOurs(fork: string | undefined): boolean {
    return fork === undefined || fork === this.#fork;
  }

  #ack(which: 'b' | 're-invite', sdp: string | undefined): void {
    this.#acks.get(which)?.(sdp === undefined ? {} : { headers: sdpType, body: sdp });
    this.#acks.delete(which);
  }

  #bye(leg: LegName): void {
    const stackDialogId = this.#dialogs[leg];
    if (stackDialogId === undefined) return;
    // a dialog that is not there any more needs no BYE, and nobody waits for the answer to one
    this.#parts.session.request(inDialog, { method: 'BYE', stackDialogId }, () => undefined);
  }

  #reInvite({ leg, sdp }: SignalAct & { readonly kind: 're-invite' }): void {
    const stackDialogId = this.#dialogs[leg];
    if (stackDialogId === undefined) {
      this.emit({ kind: 're-failure', status: 481 });
      return;
    }
    this.#isReInviteCancelled = false;
    const options = { method: 'INVITE', stackDialogId, ...this.#described(leg, sdp) };
    this.#parts.session.request(inDialog, options, (error, sent) => {
      if (error !== null || sent === undefined) {
        this.emit({ kind: 're-failure', status: error?.code === 'ENODIALOG' ? 481 : 500 });
        return;
      }
      this.#reInviteSent = sent;
      if (this.#isReInviteCancelled) sent.cancel(() => undefined);
      sent.on('update', refuseMethod);
      sent.on('response', (answer, ack) => {
        if (answer.status < 200) return;
        this.#reInviteSent = undefined;
        if (answer.status < 300) {
          this.#acks.set('re-invite', ack);
          this.emit({ kind: 're-answer', sdp: sdpOf(answer) });
        } else this.emit({ kind: 're-failure', status: answer.status });
      });
    });
  }

  #answerReInvite(id: string, status: number, outgoing: SrfOutgoing): void {
    const response = this.#reInvites.get(id);
    this.#reInvites.delete(id);
    if (response !== undefined) sendResponse(response, status, outgoing);
  }

  /** Contact each time: drachtio-server falls back to one of its own in a later response. */
  #described(leg: LegName, sdp: string | undefined): SrfOutgoing {
    const contact = this.contactOf(leg);
    const headers = { ...contact, ...capabilities };
    return sdp === undefined ? { headers } : { headers: { ...headers, ...sdpType }, body: sdp };
  }
}
