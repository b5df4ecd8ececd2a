import type { Ipv4Address } from '../../address.ts';
import type { LegName } from '../../media/media-relay.ts';
import { readInvite, sdpOf } from '../../sip/message-mapping.ts';
import type { SignalledCall, Signalling } from '../../sip/signalling.ts';
import type { SrfInboundRequest, SrfServerResponse } from '../../sip/srf.ts';
import { DrachtioCall, type DrachtioSettings } from './drachtio-call.ts';
import { refuseInDialog, refuseMethod } from './refuse-method.ts';
import { sendResponse } from './send-response.ts';
import type { SrfSession } from './srf-session.ts';

interface Leg {
  readonly call: DrachtioCall;
  readonly name: LegName;
}

/** SIP dialogs by drachtio-srf's requests and responses: its own Dialog and B2BUA are not used. */
export class DrachtioSignalling implements Signalling {
  readonly #session: SrfSession;
  readonly #settings: DrachtioSettings;
  /** By drachtio's name of the dialog. */
  readonly #legs = new Map<string, Leg>();
  #isDraining = false;
  #onCall: (call: SignalledCall) => void = (call) => {
    call.perform({ kind: 'refuse-a', status: 503 });
    call.forget();
  };

  constructor(session: SrfSession, settings: DrachtioSettings) {
    this.#session = session;
    this.#settings = settings;
    session.onDown(() => this.#lost());
  }

  onCall(listener: (call: SignalledCall) => void): void {
    this.#onCall = listener;
  }

  drain(): void {
    this.#isDraining = true;
  }

  /** Whom the first of these dialogs that is one of ours is with. */
  peerOf(dialogs: readonly string[]): Ipv4Address | undefined {
    const leg = this.#legOf(dialogs);
    return leg?.call.peerOf(leg.name);
  }

  /** Ends the call of such a dialog: its peer was told something that is not so. */
  endUntrue(dialogs: readonly string[]): void {
    this.#legOf(dialogs)?.call.emit({ kind: 'told-untrue' });
  }

  #legOf(dialogs: readonly string[]): Leg | undefined {
    return dialogs.map((dialog) => this.#legs.get(dialog)).find((leg) => leg !== undefined);
  }

  /** Takes every request that drachtio-srf hands on. */
  receive(request: SrfInboundRequest, response: SrfServerResponse): void {
    const { stackDialogId = '' } = request;
    if (stackDialogId === '') this.#receiveNew(request, response);
    else this.#receiveInDialog(this.#legs.get(stackDialogId), request, response);
  }

  /** Every call is over: its dialogs may live on in the SIP server, but nothing that happens in them comes here. */
  #lost(): void {
    this.#settings.onLost();
    const calls = new Set([...this.#legs.values()].map(({ call }) => call));
    for (const call of calls) call.emit({ kind: 'signalling-lost' });
  }

  #receiveNew(request: SrfInboundRequest, response: SrfServerResponse): void {
    if (request.method === 'ACK') return;
    // RFC 3261, section 11.2: what an INVITE would get
    if (request.method === 'OPTIONS' && this.#isDraining) {
      sendResponse(response, 503, { headers: { 'Retry-After': '10' } });
      return;
    }
    if (request.method !== 'INVITE') {
      refuseMethod(request, response);
      return;
    }
    const read = readInvite(request, this.#settings.passHeaders);
    if (read.kind === 'refused') {
      sendResponse(response, read.status, { headers: read.headers });
      return;
    }
    const { invite } = read;
    // a merged request (RFC 3261, section 8.2.2.2): the dialog is named by it
    if (this.#legs.has(invite.callId)) {
      sendResponse(response, 482);
      return;
    }
    const call: DrachtioCall = new DrachtioCall({
      invite,
      request,
      response,
      session: this.#session,
      settings: this.#settings,
      nameB: (dialog) => this.#legs.set(dialog, { call, name: 'b' }),
      unname: (dialog) => this.#legs.delete(dialog),
    });
    this.#legs.set(invite.callId, { call, name: 'a' });
    this.#onCall(call);
  }

  #receiveInDialog(
    leg: Leg | undefined,
    request: SrfInboundRequest,
    response: SrfServerResponse,
  ): void {
    switch (request.method) {
      case 'ACK':
        leg?.call.emit({ kind: 'ack', from: leg.name, sdp: sdpOf(request) });
        break;
      case 'BYE':
        sendResponse(response, 200);
        leg?.call.emit({ kind: 'bye', from: leg.name });
        break;
      case 'INVITE':
        if (leg === undefined) sendResponse(response, 481);
        else leg.call.reInvited(leg.name, request, response);
        break;
      default:
        refuseInDialog(request, response, leg?.call.contactOf(leg.name) ?? {});
    }
  }
}
