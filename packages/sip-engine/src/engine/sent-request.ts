import { isSessionRefresh, isTargetRefresh, refreshTarget } from '../dialog/dialog.ts';
import { localAnswer } from './client.ts';
import { wireSip, type EngineContext, type EngineDialog } from './context.ts';
import { doubtCall } from './lost-call.ts';
import { openOffer } from './offers.ts';
import { agreeOnSession } from './session.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { ClientUser } from '../transaction/client-transaction.ts';
import type { Failure } from '../transaction/effect.ts';
import type { Received } from '../transaction/ports.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { AppConnection } from '../wire/app-connection.ts';

/** By what an application knows a request of its own. */
export interface RequestNames {
  readonly transactionId: string;
  readonly dialogId: string | undefined;
}

/** A request that an application sent, and what its answer changes. */
interface Sent {
  readonly app: AppConnection;
  readonly request: SipRequest;
  readonly destination: Tuple;
  readonly names: RequestNames;
  /** The dialog that it was sent in. */
  readonly live: EngineDialog | undefined;
}

/** One request of an application that is no INVITE. Once it is answered nothing of it is kept, though its transaction goes on. */
export class SentRequest implements ClientUser {
  readonly #context: EngineContext;
  #sent: Sent | undefined;
  #closeOffer: (() => void) | undefined;

  constructor(context: EngineContext, sent: Sent) {
    this.#context = context;
    this.#sent = sent;
    this.#closeOffer = openOffer(sent.live, sent.request);
  }

  onResponse({ response, verbatim }: Received): void {
    const sent = this.#sent;
    if (sent === undefined || response.status === 100) return;
    const { app, request, destination, names, live } = sent;
    tellResponse(app, response, destination, names, verbatim);
    const isSuccess = response.status >= 200 && response.status < 300;
    if (live !== undefined && isTargetRefresh(request.method) && isSuccess) {
      this.#refreshed(live, request, response);
    }
    if (response.status >= 200) this.#settle(sent, response);
  }

  onFailure(failure: Failure): void {
    const sent = this.#sent;
    if (sent !== undefined) this.#settle(sent, this.#fail(sent, failure));
  }

  onEnd(): void {
    const sent = this.#sent;
    this.#sent = undefined;
    this.#closeOffer?.();
    this.#closeOffer = undefined;
    if (sent?.live !== undefined && sent.request.method === 'BYE') {
      this.#context.dialogs.remove(sent.live);
    }
  }

  /** There was no room for its transaction. */
  refuse(): void {
    if (this.#sent !== undefined) this.#fail(this.#sent, 'transport-error');
    this.onEnd();
  }

  #fail({ app, request, destination, names }: Sent, failure: Failure): SipResponse {
    const response = localAnswer(this.#context, request, failure);
    tellResponse(app, response, destination, names);
    return response;
  }

  #settle({ request, live }: Sent, { status }: SipResponse): void {
    const { method } = request;
    // 22.2: a BYE may come again with credentials, until this transaction ends
    if (method === 'BYE' && live !== undefined && (status === 401 || status === 407)) {
      live.isByeChallenged = true;
      return;
    }
    this.onEnd();
    if (live !== undefined && method !== 'BYE') {
      doubtCall(this.#context, live, { method, status });
    }
  }

  /** 12.2.1.2 and RFC 4028: what a success to UPDATE or SUBSCRIBE changes. */
  #refreshed(live: EngineDialog, ours: SipRequest, success: SipResponse): void {
    live.value = refreshTarget(live.value, success);
    if (!isSessionRefresh(ours.method)) return;
    agreeOnSession(this.#context, live, { success, role: 'uac', ours, theirs: success });
  }
}

/** Tells an application of an answer to a request of its own. */
export function tellResponse(
  app: AppConnection,
  response: SipResponse,
  peer: Tuple,
  names: RequestNames,
  verbatim?: Uint8Array,
): void {
  const received = wireSip(response, { tuple: peer }, names, verbatim);
  app.tell({ kind: 'received', received, receivedOn: undefined });
}
