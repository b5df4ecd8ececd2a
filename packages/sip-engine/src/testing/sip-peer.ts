import type { Essentials } from '../message/essentials.ts';
import { headerValue } from '../message/header-list.ts';
import type { SipMessage, SipRequest } from '../message/message.ts';
import { parseMessage } from '../message/parse-message.ts';
import type { Transport } from '../transport/transport.ts';
import { tupleText, type Tuple } from '../transport/tuple.ts';

/** What a SipPeer got. */
export interface Got {
  readonly message: SipMessage;
  readonly essentials: Essentials;
}

/** A request to write; what is not given is made up. */
export interface PeerRequest {
  readonly method: string;
  readonly callId: string;
  readonly fromTag?: string;
  readonly toTag?: string | undefined;
  readonly sequence?: number;
  readonly branch?: string;
  readonly requestUri?: string;
  /** Whole lines. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Default 70. */
  readonly maxForwards?: number;
  /** Default: true for INVITE and UPDATE. */
  readonly contact?: boolean;
}

let branches = 0;

/**
 * The other end of a call, by hand: writes SIP as text, keeps what comes, repeats nothing and answers nothing by
 * itself. What it sends shares no code with the engine.
 */
export class SipPeer {
  readonly got: Got[] = [];
  readonly address: Tuple;
  readonly #transport: Transport;
  readonly #engine: Tuple;
  #onGot: (got: Got) => void = () => undefined;

  constructor(transport: Transport, engine: Tuple) {
    this.#transport = transport;
    this.#engine = engine;
    this.address = transport.localAddress;
    transport.onMessage((bytes) => {
      const parsed = parseMessage(bytes);
      if (parsed.kind !== 'message') return;
      const got = { message: parsed.message, essentials: parsed.essentials };
      this.got.push(got);
      this.#onGot(got);
    });
  }

  /** Runs for each message as it comes. */
  onGot(listener: (got: Got) => void): void {
    this.#onGot = listener;
  }

  /** What came, in short: "INVITE", "180 INVITE". */
  log(): string[] {
    return this.got.map(({ message, essentials }) =>
      message.kind === 'request' ? message.method : `${message.status} ${essentials.cseq.method}`,
    );
  }

  /** The last request of this method that came. */
  request(method: string): { message: SipRequest; essentials: Essentials } {
    for (const { message, essentials } of this.got.toReversed()) {
      if (message.kind === 'request' && message.method === method) return { message, essentials };
    }
    throw new Error(
      `no ${method} came to ${tupleText(this.address)}, only ${this.log().join(', ')}`,
    );
  }

  /** The last response with this status that came. */
  response(status: number): Got {
    const found = this.got.findLast(
      ({ message }) => message.kind === 'response' && message.status === status,
    );
    if (found !== undefined) return found;
    throw new Error(
      `no ${status} came to ${tupleText(this.address)}, only ${this.log().join(', ')}`,
    );
  }

  send(request: PeerRequest): void {
    branches += 1;
    const { method, callId, fromTag = 'peer', toTag, sequence = 1, body = '' } = request;
    const here = tupleText(this.address);
    const there = tupleText(this.#engine);
    const hasContact = request.contact ?? (method === 'INVITE' || method === 'UPDATE');
    const lines = [
      `${method} ${request.requestUri ?? `sip:app@${there}`} SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=${request.branch ?? `z9hG4bKpeer${branches}`}`,
      `From: "Peer" <sip:peer@${here}>;tag=${fromTag}`,
      `To: <sip:app@${there}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${sequence} ${method}`,
      `Max-Forwards: ${request.maxForwards ?? 70}`,
      ...(hasContact ? [`Contact: <sip:peer@${here}>`] : []),
      ...(request.headers ?? []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.#write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Answers a request that came. */
  respond(
    request: SipRequest,
    status: number,
    options: {
      readonly tag?: string;
      readonly headers?: readonly string[];
      readonly body?: string;
      /** Of an answer to INVITE; default: this peer. */
      readonly contact?: string;
    } = {},
  ): void {
    const { tag = 'callee', headers = [], body = '' } = options;
    const { contact = `<sip:callee@${tupleText(this.address)}>` } = options;
    const to = headerValue(request, 'to') ?? '';
    const vias = request.headers.filter(({ key }) => key === 'via' || key === 'record-route');
    const lines = [
      `SIP/2.0 ${status} Whatever`,
      ...vias.map(({ name, value }) => `${name}: ${value}`),
      `From: ${headerValue(request, 'from') ?? ''}`,
      `To: ${to.includes(';tag=') || status === 100 ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${headerValue(request, 'call-id') ?? ''}`,
      `CSeq: ${headerValue(request, 'cseq') ?? ''}`,
      ...(request.method === 'INVITE' ? [`Contact: ${contact}`] : []),
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.#write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  #write(text: string): void {
    this.#transport.send(Buffer.from(text), this.#engine);
  }
}
