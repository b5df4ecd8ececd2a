import { readInvite } from '../../sip/message-mapping.ts';
import type { SignalledCall, Signalling } from '../../sip/signalling.ts';
import type { SrfApp, SrfInboundRequest, SrfServerResponse } from '../../sip/srf.ts';
import type { LegName } from '../../media/media-relay.ts';
import { DrachtioCall } from './drachtio-call.ts';

interface Leg {
  readonly call: DrachtioCall;
  readonly name: LegName;
}

const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS';

/** SIP dialogs by drachtio-srf's requests and responses: its own Dialog and B2BUA are not used. */
export class DrachtioSignalling implements Signalling {
  readonly #srf: SrfApp;
  /** By drachtio's name of the dialog. */
  readonly #legs = new Map<string, Leg>();
  #onCall: (call: SignalledCall) => void = (call) => {
    call.perform({ kind: 'refuse-a', status: 503 });
    call.forget();
  };

  constructor(srf: SrfApp) {
    this.#srf = srf;
    srf.use((request, response) => this.#receive(request, response));
  }

  onCall(listener: (call: SignalledCall) => void): void {
    this.#onCall = listener;
  }

  close(): void {
    this.#legs.clear();
    this.#srf.disconnect();
  }

  #receive(request: SrfInboundRequest, response: SrfServerResponse): void {
    const { stackDialogId = '' } = request;
    if (stackDialogId === '') this.#receiveNew(request, response);
    else this.#receiveInDialog(this.#legs.get(stackDialogId), request, response);
  }

  #receiveNew(request: SrfInboundRequest, response: SrfServerResponse): void {
    if (request.method === 'ACK') return;
    if (request.method === 'OPTIONS') {
      response.send(200, { headers: { Allow: allow, Accept: 'application/sdp' } });
      return;
    }
    if (request.method !== 'INVITE') {
      response.send(405, { headers: { Allow: allow } });
      return;
    }
    const read = readInvite(request);
    if (read.kind === 'refused') {
      response.send(read.status, { headers: { Accept: 'application/sdp' } });
      return;
    }
    const { invite } = read;
    const call: DrachtioCall = new DrachtioCall({
      invite,
      request,
      response,
      srf: this.#srf,
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
        if (leg?.name === 'a') leg.call.emit({ kind: 'ack' });
        break;
      case 'BYE':
        response.send(200);
        leg?.call.emit({ kind: 'bye', from: leg.name });
        break;
      case 'INVITE':
        if (leg === undefined) response.send(481);
        else leg.call.reInvited(leg.name, request, response);
        break;
      default:
        response.send(405, { headers: { Allow: allow } });
    }
  }
}
