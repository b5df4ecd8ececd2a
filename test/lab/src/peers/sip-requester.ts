import {
  readEssentials,
  serialiseMessage,
  type Clock,
  type SipRequest,
  type SipResponse,
  type Transport,
  type Tuple,
} from '@truetuple/sip-engine';
import { resend, type ResendTiming } from './sip-resend.ts';

interface Asked {
  readonly take: (response: SipResponse) => void;
}

export interface RequesterParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timing: ResendTiming;
}

/** The client side of SIP transactions over UDP, as far as a user agent of one call needs it. */
export class SipRequester {
  readonly #parts: RequesterParts;
  readonly #asked = new Map<string, Asked>();
  readonly #stops = new Set<() => void>();

  constructor(parts: RequesterParts) {
    this.#parts = parts;
  }

  /** Sends a request until it is answered; its final response, or undefined when none came in time. */
  async ask(request: SipRequest, to: Tuple, patienceMs: number): Promise<SipResponse | undefined> {
    const { transport, clock, timing } = this.#parts;
    const key = keyOf(request);
    const bytes = serialiseMessage(request);
    const { promise, resolve } = Promise.withResolvers<SipResponse | undefined>();
    const isInvite = request.method === 'INVITE';
    const pauses = isInvite ? { ...timing, t2Ms: Infinity } : timing;
    const stopSending = resend(clock, pauses, () => transport.send(bytes, to));
    const stop = (): void => {
      stopSending();
      resolve(undefined);
    };
    const cancelPatience = clock.setTimer(patienceMs, stop);
    this.#stops.add(stop);
    this.#asked.set(key, {
      take: (response) => {
        if (response.status >= 200) resolve(response);
        // 17.1.1.2: a provisional response ends the sending of an INVITE; 17.1.2.2: not that of another request
        else if (isInvite) stopSending();
      },
    });
    try {
      return await promise;
    } finally {
      stopSending();
      cancelPatience();
      this.#stops.delete(stop);
      this.#asked.delete(key);
    }
  }

  /** False for a response that nobody waits for: a repeated one. */
  take(response: SipResponse): boolean {
    const asked = this.#asked.get(keyOf(response));
    asked?.take(response);
    return asked !== undefined;
  }

  /** Whoever waits gets undefined. */
  close(): void {
    for (const stop of this.#stops) stop();
  }
}

/** RFC 3261 17.1.3: the branch of the topmost Via and the method of the CSeq. */
function keyOf(message: SipRequest | SipResponse): string {
  const read = readEssentials(message);
  if (read.kind !== 'essentials') return '';
  const { via, cseq } = read.essentials;
  const branch = via.parameters.find(({ name }) => name === 'branch')?.value ?? '';
  return `${branch} ${cseq.method}`;
}
