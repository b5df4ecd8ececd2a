import { randomBytes } from 'node:crypto';
import {
  headerField,
  responseTo,
  serialiseMessage,
  viaResponseDestination,
  withObservedSource,
  type Clock,
  type Essentials,
  type ResponseParts,
  type SipRequest,
  type Transport,
  type Tuple,
  type Via,
} from '@truetuple/sip-engine';
import { SipCall } from './sip-call.ts';
import { dialogOfCallee, type SipDialog } from './sip-dialog.ts';
import { resend, type ResendTiming } from './sip-resend.ts';
import { toldMedia } from './sip-session.ts';

export interface AnsweringParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timing: ResendTiming;
  readonly ringMs: number;
  readonly contact: string;
  readonly session: Uint8Array;
  readonly bye: (dialog: SipDialog, patienceMs?: number) => Promise<number | undefined>;
}

/** An INVITE that came: the last response, to be said again when it comes again. */
interface Incoming {
  again: () => void;
  stop: () => void;
}

interface Received {
  readonly request: SipRequest;
  readonly callId: string;
  /** Where it came from. */
  readonly source: Tuple;
  readonly via: Via;
}

const allowed = 'INVITE, ACK, BYE, OPTIONS';

/** The server side of a user agent: rings, answers, repeats its 200 until the ACK comes, takes BYE. */
export class SipAnswering {
  readonly #parts: AnsweringParts;
  readonly #incoming = new Map<string, Incoming>();
  readonly #calls = new Map<string, SipCall>();
  #waiting: ((call: SipCall) => void) | undefined;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  nextCall(): Promise<SipCall> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** A call of its own making, whose BYE may come. */
  knows(call: SipCall): void {
    this.#calls.set(call.callId, call);
  }

  take(request: SipRequest, essentials: Essentials, source: Tuple): void {
    const { callId, toTag } = essentials;
    const from: Received = { request, callId, source, via: essentials.via };
    const call = this.#calls.get(callId);
    switch (request.method) {
      case 'INVITE':
        if (toTag === undefined) return this.#invited(from);
        return this.#say(from, 488);
      case 'ACK':
        this.#incoming.get(callId)?.stop();
        return call?.takeAck();
      case 'BYE':
        this.#say(from, call === undefined ? 481 : 200);
        this.#incoming.get(callId)?.stop();
        return call?.takeBye();
      case 'OPTIONS':
        return this.#say(from, 200, { headers: [headerField('Allow', allowed)] });
      default:
        return this.#say(from, 405, { headers: [headerField('Allow', allowed)] });
    }
  }

  close(): void {
    for (const { stop } of this.#incoming.values()) stop();
  }

  #invited(from: Received): void {
    const known = this.#incoming.get(from.callId);
    if (known !== undefined) return known.again();
    const toTag = randomBytes(8).toString('hex');
    const { clock, ringMs, contact } = this.#parts;
    const headers = [headerField('Contact', contact)];
    const ring = (): void => this.#say(from, 180, { toTag, headers });
    const cancelRinging = clock.setTimer(ringMs, () => {
      this.#answer(from, toTag);
    });
    this.#incoming.set(from.callId, { again: ring, stop: cancelRinging });
    ring();
  }

  #answer(from: Received, toTag: string): void {
    const { request, callId } = from;
    const { clock, timing, contact, session, bye } = this.#parts;
    const headers = [
      headerField('Contact', contact),
      headerField('Content-Type', 'application/sdp'),
    ];
    const accept = (): void => {
      this.#say(from, 200, { toTag, headers, body: session });
    };
    const dialog = dialogOfCallee(request, toTag);
    const call = new SipCall({ dialog, media: toldMedia(request), bye: (ms) => bye(dialog, ms) });
    this.#calls.set(callId, call);
    this.#incoming.set(callId, { again: accept, stop: resend(clock, timing, accept) });
    this.#waiting?.(call);
    this.#waiting = undefined;
  }

  #say({ request, source, via }: Received, status: number, parts: ResponseParts = {}): void {
    const response = responseTo(withObservedSource(request, source), status, parts);
    const to = viaResponseDestination(via, source);
    this.#parts.transport.send(serialiseMessage(response), to);
  }
}
