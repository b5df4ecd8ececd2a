import { randomBytes, randomUUID } from 'node:crypto';
import {
  headerField,
  parseMessage,
  serialiseMessage,
  systemClock,
  tupleText,
  type Clock,
  type SipRequest,
  type SipResponse,
  type Transport,
  type Tuple,
} from '@truetuple/sip-engine';
import { RtpStream } from './rtp-stream.ts';
import { SipAnswering } from './sip-answering.ts';
import { SipCall } from './sip-call.ts';
import { contactText, dialogOfCaller, nextHopOf, requestIn, type SipDialog } from './sip-dialog.ts';
import { SipRequester } from './sip-requester.ts';
import { defaultResend, type ResendTiming } from './sip-resend.ts';
import { describeSession, toldMedia } from './sip-session.ts';

export interface SipUserAgentOptions {
  /** The user part of its Contact and From. */
  readonly user: string;
  readonly sip: Transport;
  readonly rtp: Transport;
  readonly clock?: Clock;
  readonly timing?: ResendTiming;
  /** From its 180 to its 200; default 100. */
  readonly ringMs?: number;
  /** How long it waits for the final answer to a request, unless told otherwise; default 3000. */
  readonly patienceMs?: number;
}

export type InviteOutcome =
  | { readonly kind: 'answered'; readonly call: SipCall }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'silent' };

/**
 * A small SIP user agent over UDP with one audio stream: it calls, answers, repeats what RFC 3261 wants repeated, talks
 * PCMU and hangs up. It believes what it is told and sends there; whether that was true is for captures to say.
 */
export class SipUserAgent implements AsyncDisposable {
  readonly media: RtpStream;
  readonly #options: SipUserAgentOptions;
  readonly #patienceMs: number;
  readonly #requester: SipRequester;
  readonly #answering: SipAnswering;
  /** By Call-ID: what acknowledges a 2xx that comes again. */
  readonly #acks = new Map<string, () => void>();

  constructor(options: SipUserAgentOptions) {
    const { clock = systemClock, timing = defaultResend } = options;
    this.#options = options;
    this.#patienceMs = options.patienceMs ?? 3000;
    this.media = new RtpStream(options.rtp, clock);
    this.#requester = new SipRequester({ transport: options.sip, clock, timing });
    this.#answering = new SipAnswering({
      transport: options.sip,
      clock,
      timing,
      ringMs: options.ringMs ?? 100,
      contact: contactText(options.user, options.sip.localAddress),
      session: describeSession(options.rtp.localAddress),
      bye: (dialog, patienceMs) => this.#bye(dialog, 1, patienceMs),
    });
    options.sip.onMessage((bytes, source) => this.#receive(bytes, source));
  }

  /** Where it is to be called. */
  get tuple(): Tuple {
    return this.#options.sip.localAddress;
  }

  /** Calls a SIP URI by way of a tuple, which is where the first request goes. */
  async invite(requestUri: string, by: Tuple, patienceMs?: number): Promise<InviteOutcome> {
    const { sip, rtp, user } = this.#options;
    const before: SipDialog = {
      callId: randomUUID(),
      local: `<sip:${user}@${tupleText(sip.localAddress)}>;tag=${newToken()}`,
      remote: `<${requestUri}>`,
      remoteTarget: requestUri,
      routes: [],
    };
    const invite = this.#request(before, 'INVITE', 1, describeSession(rtp.localAddress));
    const response = await this.#requester.ask(invite, by, patienceMs ?? this.#patienceMs);
    if (response === undefined) return { kind: 'silent' };
    if (response.status >= 300) {
      this.#acknowledgeRefusal(invite, response, by);
      return { kind: 'refused', status: response.status };
    }
    return { kind: 'answered', call: this.#answered(response, before) };
  }

  /** The next call that comes from now on, once it was answered with 200. Whoever asks last gets it. */
  nextCall(): Promise<SipCall> {
    return this.#answering.nextCall();
  }

  /** Stops at once; calls that are up are not ended. */
  async close(): Promise<void> {
    this.#requester.close();
    this.#answering.close();
    await Promise.all([this.#options.sip.close(), this.#options.rtp.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answered(response: SipResponse, before: SipDialog): SipCall {
    const dialog = dialogOfCaller(response, before);
    const { sip } = this.#options;
    const ack = serialiseMessage(this.#request(dialog, 'ACK', 1));
    const to = nextHopOf(dialog);
    const acknowledge = (): void => {
      if (to !== undefined) sip.send(ack, to);
    };
    this.#acks.set(dialog.callId, acknowledge);
    acknowledge();
    const call = new SipCall({
      dialog,
      media: toldMedia(response),
      bye: (patienceMs) => this.#bye(dialog, 2, patienceMs),
    });
    call.takeAck();
    this.#answering.knows(call);
    return call;
  }

  async #bye(
    dialog: SipDialog,
    sequence: number,
    patienceMs = this.#patienceMs,
  ): Promise<number | undefined> {
    const to = nextHopOf(dialog);
    if (to === undefined) return undefined;
    const bye = this.#request(dialog, 'BYE', sequence);
    return (await this.#requester.ask(bye, to, patienceMs))?.status;
  }

  /** RFC 3261 17.1.1.3: the INVITE's own Via, the To of the response. */
  #acknowledgeRefusal(invite: SipRequest, response: SipResponse, to: Tuple): void {
    const kept = new Set(['via', 'max-forwards', 'from', 'call-id', 'route']);
    const ack: SipRequest = {
      ...invite,
      method: 'ACK',
      headers: [
        ...invite.headers.filter(({ key }) => kept.has(key)),
        ...response.headers.filter(({ key }) => key === 'to'),
        headerField('CSeq', '1 ACK'),
      ],
      body: new Uint8Array(),
    };
    this.#options.sip.send(serialiseMessage(ack), to);
  }

  #request(dialog: SipDialog, method: string, sequence: number, body?: Uint8Array): SipRequest {
    const { sip, user } = this.#options;
    const branch = `z9hG4bK${newToken()}`;
    const parts = { method, sequence, branch, here: sip.localAddress, user };
    return requestIn(dialog, body === undefined ? parts : { ...parts, body });
  }

  #receive(bytes: Uint8Array, source: Tuple): void {
    const parsed = parseMessage(bytes);
    if (parsed.kind !== 'message') return;
    const { message, essentials } = parsed;
    if (message.kind === 'request') return this.#answering.take(message, essentials, source);
    if (this.#requester.take(message)) return;
    // 13.2.2.4: every repetition of a 2xx to an INVITE is acknowledged again
    const isAnswer = essentials.cseq.method === 'INVITE' && message.status < 300;
    if (isAnswer && message.status >= 200) this.#acks.get(essentials.callId)?.();
  }
}

function newToken(): string {
  return randomBytes(8).toString('hex');
}
