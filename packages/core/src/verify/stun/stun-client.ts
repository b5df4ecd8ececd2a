import type { Clock } from '../../identity/clock.ts';
import {
  formatEndpoint,
  isSameEndpoint,
  type DatagramSocket,
  type Endpoint,
  type RandomBytes,
} from '../datagram-port.ts';
import { readAnswer } from './read-answer.ts';
import type { StunAnswer, StrayAnswer } from './stun-answer.ts';
import { decodeStun, encodeStun, peekTransactionId } from './stun-codec.ts';
import {
  attributeOf,
  bindingMethod,
  transactionIdLength,
  transactionIdOf,
  type StunMessage,
  type TransactionId,
} from './stun-message.ts';
import { stunSchedule, type StunTiming } from './stun-timing.ts';

export interface StunClientParts {
  readonly socket: DatagramSocket;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

export interface StunQuestion {
  readonly server: Endpoint;
  /**
   * Where the server shall answer from instead, as its OTHER-ADDRESS told: the request then carries
   * CHANGE-REQUEST for another address and another port (RFC 5780 section 7.2).
   */
  readonly answerFrom?: Endpoint;
  readonly timing?: StunTiming;
  readonly signal?: AbortSignal | undefined;
}

/** A datagram that somebody else is to send to us, and what arrived of it. */
export interface AwaitedProbe extends Disposable {
  /** A Binding request; whoever sends these bytes proves that they arrive. */
  readonly datagram: Uint8Array;
  /** Where it came from, once it came: from an endpoint that was asked nothing, or it were return traffic. */
  readonly arrived: Promise<Endpoint>;
}

/** A transaction that is under way: the only state there is, and only we make it. */
interface Open {
  readonly take: (message: StunMessage, from: Endpoint) => void;
}

/**
 * Binding requests over one socket, to any number of servers at once (RFC 8489 section 6). An answer counts
 * only with the id of an open transaction, from the very server that was asked or from the alternate address
 * that was asked for. Whatever else arrives costs a look at its first 20 bytes, and leaves no trace.
 */
export class StunClient {
  readonly #parts: StunClientParts;
  readonly #open = new Map<TransactionId, Open>();
  readonly #asked = new Set<string>();
  readonly #stopHearing: () => void;

  constructor(parts: StunClientParts) {
    this.#parts = parts;
    this.#stopHearing = parts.socket.listen((bytes, from) => this.#hear(bytes, from));
  }

  /** How many transactions are under way. */
  get openTransactions(): number {
    return this.#open.size;
  }

  /** True when this client has sent to that endpoint: then an answer from there is return traffic. */
  hasAsked(server: Endpoint): boolean {
    return this.#asked.has(formatEndpoint(server));
  }

  /** Asks and asks again as RFC 8489 section 6.2.1 says. Rejects only when its signal aborts. */
  async ask(question: StunQuestion): Promise<StunAnswer> {
    question.signal?.throwIfAborted();
    const { server, answerFrom } = question;
    const transactionId = this.#newTransactionId();
    const change = { kind: 'change-request', changeAddress: true, changePort: true } as const;
    const request = encodeStun({
      class: 'request',
      method: bindingMethod,
      transactionId,
      attributes: answerFrom === undefined ? [] : [change],
    });
    const answered = new AbortController();
    const outcome: { answer?: StunAnswer; stray?: StrayAnswer } = {};
    const startedAtMs = this.#parts.clock.elapsed();
    this.#open.set(transactionId, {
      take: (message, from) => {
        if (message.class !== 'success' && message.class !== 'error') return;
        const isAsked = isSameEndpoint(from, server);
        if (!isAsked && (answerFrom === undefined || !isSameEndpoint(from, answerFrom))) {
          outcome.stray ??= { from, origin: attributeOf(message, 'response-origin')?.at };
          return;
        }
        if (outcome.answer !== undefined) return;
        const elapsedMs = this.#parts.clock.elapsed() - startedAtMs;
        outcome.answer = readAnswer(message, { from, elapsedMs });
        answered.abort();
      },
    });
    this.#asked.add(formatEndpoint(server));
    try {
      const { requests, refusedWith } = await this.#sendOnTime(request, question, answered.signal);
      if (outcome.answer !== undefined) return outcome.answer;
      if (refusedWith !== undefined) return { kind: 'unsent', errno: refusedWith };
      return { kind: 'silent', requests, stray: outcome.stray };
    } finally {
      this.#open.delete(transactionId);
    }
  }

  /** Makes ready for a datagram that somebody else sends to this socket. */
  awaitProbe(): AwaitedProbe {
    const transactionId = this.#newTransactionId();
    const { promise, resolve } = Promise.withResolvers<Endpoint>();
    this.#open.set(transactionId, {
      take: ({ class: stunClass }, from) => {
        if (stunClass === 'request' && !this.hasAsked(from)) resolve(from);
      },
    });
    const request = { class: 'request', method: bindingMethod, transactionId } as const;
    return {
      datagram: encodeStun({ ...request, attributes: [] }),
      arrived: promise,
      [Symbol.dispose]: () => void this.#open.delete(transactionId),
    };
  }

  /** Stops hearing; the socket stays open, it is its owner's. */
  close(): void {
    this.#stopHearing();
    this.#open.clear();
  }

  /** Sends until it is answered, given up or refused by the system. */
  async #sendOnTime(
    request: Uint8Array,
    { server, timing, signal }: StunQuestion,
    answered: AbortSignal,
  ): Promise<{ readonly requests: number; readonly refusedWith?: string }> {
    const { socket, clock } = this.#parts;
    const { sendAtMs, giveUpAtMs } = stunSchedule(timing);
    const stop = signal === undefined ? answered : AbortSignal.any([answered, signal]);
    for (const [index, atMs] of sendAtMs.entries()) {
      const sent = await socket.send(request, server);
      if (answered.aborted) break;
      if (sent.kind === 'refused' && !passingErrnos.includes(sent.errno)) {
        return { requests: index, refusedWith: sent.errno };
      }
      const untilMs = sendAtMs[index + 1] ?? giveUpAtMs;
      await clock.wait(untilMs - atMs, stop).catch(() => {});
      if (answered.aborted) break;
      signal?.throwIfAborted();
    }
    return { requests: sendAtMs.length };
  }

  #newTransactionId(): TransactionId {
    return transactionIdOf(this.#parts.randomBytes(transactionIdLength));
  }

  #hear(bytes: Uint8Array, from: Endpoint): void {
    const transactionId = peekTransactionId(bytes);
    const open = transactionId === undefined ? undefined : this.#open.get(transactionId);
    if (open === undefined) return;
    const decoded = decodeStun(bytes);
    // what cannot be read is as if it had never come: the real answer may still come (RFC 8489 section 6.3)
    if (decoded.kind !== 'message' || decoded.message.method !== bindingMethod) return;
    open.take(decoded.message, from);
  }
}

/** A full queue passes: the next sending tries again. */
const passingErrnos: readonly string[] = ['ENOBUFS', 'EAGAIN', 'ENOMEM'];
