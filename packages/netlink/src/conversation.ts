import { errorFromErrno, NetlinkError } from './errors.ts';
import { errnoByName } from './schema/errno.ts';
import { messageFlag, messageType } from './schema/netlink.ts';
import { deliver } from './deliver.ts';
import type { Exchange } from './exchange.ts';
import type { Datagram, Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { readDoneMessage, readErrorMessage } from './wire/kernel-answer.ts';
import type { KernelAnswer } from './wire/kernel-answer.ts';
import { readHeader, stampSequence, stampSequences } from './wire/message-header.ts';
import type { MessageHeader } from './wire/message-header.ts';

interface Pending {
  readonly exchange: Exchange;
  /** Its sequence number; that of the first message of a batch. */
  readonly first: number;
  interrupted: boolean;
  /** Some of its answers may be lost. */
  lost?: boolean;
  outcome?: NetlinkError | 'done';
  resolve?: () => void;
  reject?: (error: NetlinkError) => void;
}

const finished = Promise.resolve();
const receiveBytes = 64 * 1024;
// Datagrams taken in one go before other work gets its turn: 64 x 32 KiB, a few milliseconds.
const datagramsPerTurn = 64;

/**
 * The request side of a netlink socket. The kernel answers a request within send(), so the answer is
 * mostly taken at once; only a request sent from the pool, or a very long dump, waits for readiness.
 * Answers are matched by sequence number, so requests in flight together do not disturb each other.
 * The kernel runs one dump per socket: dumps wait for their turn.
 */
export class Conversation {
  readonly #transport: Transport;
  readonly #littleEndian: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #waitingDumps: (() => void)[] = [];
  readonly #header: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  #datagram: Datagram = newDatagram(receiveBytes);
  #view: DataView = viewOf(this.#datagram);
  #sequence = 0;
  #dumping = false;
  #closed = false;

  constructor(transport: Transport, littleEndian: boolean = hostIsLittleEndian) {
    this.#transport = transport;
    this.#littleEndian = littleEndian;
    transport.onReadable(() => {
      this.#drain();
      this.#rest();
    });
  }

  /**
   * Carries the exchange out. Rejects with a NetlinkError; after ENOBUFS, a close or EBADMSG the
   * operation may nevertheless have been applied.
   */
  run(exchange: Exchange): Promise<void> {
    if (this.#closed) return Promise.reject(closedError(exchange));
    if (exchange.until === 'done' && this.#dumping) return this.#queueDump(exchange);
    const sequence = this.#nextSequences(exchange.batch?.count ?? 1);
    const pending: Pending = { exchange, first: sequence, interrupted: false };
    if (exchange.batch === undefined) {
      stampSequence(exchange.message, sequence, this.#littleEndian);
      this.#pending.set(sequence, pending);
    } else {
      stampSequences(exchange.message, sequence, this.#littleEndian);
      for (let at = 0; at < exchange.batch.count; at++) this.#pending.set(sequence + at, pending);
    }
    if (exchange.until === 'done') this.#dumping = true;
    if (exchange.offLoop === true) void this.#sendOffLoop(sequence, pending);
    else this.#send(sequence, pending);
    return this.#settlement(pending);
  }

  /** Whatever is in flight rejects with `ECLOSED`: it may have been applied. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const [sequence, pending] of this.#pending) {
      this.#settle(sequence, pending, closedError(pending.exchange));
    }
    for (const start of this.#waitingDumps.splice(0)) start();
    this.#transport.close();
  }

  /** The next sequence number is the one after `sequence`; without this they start at 1. */
  startAfter(sequence: number): void {
    this.#sequence = sequence;
  }

  #send(sequence: number, pending: Pending): void {
    const result = this.#transport.send(pending.exchange.message);
    if (result < 0) this.#fail(sequence, pending, -result);
    else this.#drain();
    this.#rest();
  }

  async #sendOffLoop(sequence: number, pending: Pending): Promise<void> {
    const result = await this.#transport.sendOffLoop(pending.exchange.message);
    if (this.#closed) return;
    if (result < 0) this.#fail(sequence, pending, -result);
    else this.#drain();
    this.#rest();
  }

  #queueDump(exchange: Exchange): Promise<void> {
    const kept = { ...exchange, message: exchange.message.slice() };
    return new Promise((resolve, reject) => {
      this.#waitingDumps.push(() => {
        this.run(kept).then(resolve, reject);
      });
    });
  }

  #settlement(pending: Pending): Promise<void> {
    if (pending.outcome === 'done') return finished;
    if (pending.outcome !== undefined) return Promise.reject(pending.outcome);
    this.#transport.wantReadable(true);
    return new Promise((resolve, reject) => {
      pending.resolve = resolve;
      pending.reject = reject;
    });
  }

  #rest(): void {
    if (this.#pending.size === 0 && !this.#closed) this.#transport.wantReadable(false);
  }

  /** The first of `count` numbers on end. */
  #nextSequences(count: number): number {
    // 0 marks notifications. A number still in flight after a wrap is stepped over.
    for (let free = 0; free < count;) {
      if (this.#sequence >= 0xffffffff) [this.#sequence, free] = [0, 0];
      this.#sequence += 1;
      free = this.#pending.has(this.#sequence) ? 0 : free + 1;
    }
    return this.#sequence - count + 1;
  }

  /** Takes what is there, up to one turn's worth. */
  #drain(): void {
    for (let count = 0; count < datagramsPerTurn && !this.#closed; count++) {
      const result = this.#transport.receive(this.#datagram);
      if (result === -errnoByName.EAGAIN) {
        this.#failAll(errnoByName.ENOBUFS, (pending) => pending.lost === true);
        return;
      }
      if (result === -errnoByName.ENOBUFS) this.#overrun();
      else if (result < 0) this.#failAll(-result);
      else if (this.#datagram.sender === 0) this.#take();
      if (result < 0 && result !== -errnoByName.ENOBUFS) return;
      // Mostly the one answer was all; what else may lie there is nobody's.
      if (this.#pending.size === 0) return;
    }
  }

  #take(): void {
    const { length, truncated } = this.#datagram;
    const header = this.#header;
    let at = 0;
    while (readHeader(this.#view, at, length, header, this.#littleEndian)) {
      const next = at + ((header.length + 3) & ~3);
      const pending = this.#pending.get(header.sequence);
      if (pending !== undefined) this.#takeMessage(pending, at);
      at = next;
    }
    if (truncated) this.#truncated(at);
  }

  #takeMessage(pending: Pending, at: number): void {
    const { type, flags, sequence, length } = this.#header;
    if ((flags & messageFlag.dumpInterrupted) !== 0) pending.interrupted = true;
    if (type === messageType.error) {
      this.#end(
        sequence,
        pending,
        readErrorMessage(this.#view, at, this.#header, this.#littleEndian),
      );
    } else if (type === messageType.done) {
      this.#end(
        sequence,
        pending,
        readDoneMessage(this.#view, at, this.#header, this.#littleEndian),
      );
    } else if (type > messageType.overrun) {
      const error = deliver(pending.exchange, type, this.#view, at + 16, at + length);
      if (error !== undefined) this.#settle(sequence, pending, error);
      else if (pending.exchange.until === 'answer') this.#settle(sequence, pending, 'done');
    }
  }

  #end(sequence: number, pending: Pending, answer: KernelAnswer): void {
    const { exchange } = pending;
    if (exchange.batch !== undefined) {
      const outcome = exchange.batch.take(sequence - pending.first, answer);
      if (outcome !== undefined) this.#settle(sequence, pending, outcome);
    } else if (answer.errno !== 0) {
      this.#settle(sequence, pending, errorFromErrno(exchange.describe(), answer.errno, answer));
    } else if (pending.interrupted) {
      const message = `${exchange.describe()}: the table changed while it was listed`;
      this.#settle(
        sequence,
        pending,
        new NetlinkError(message, { code: 'EINTERRUPTED', errno: 0 }),
      );
    } else {
      this.#settle(sequence, pending, 'done');
    }
  }

  #settle(sequence: number, pending: Pending, outcome: NetlinkError | 'done'): void {
    const { batch } = pending.exchange;
    if (batch === undefined) this.#pending.delete(sequence);
    else for (let at = 0; at < batch.count; at++) this.#pending.delete(pending.first + at);
    pending.outcome = outcome;
    if (outcome === 'done') pending.resolve?.();
    else pending.reject?.(outcome);
    if (pending.exchange.until === 'done' && !this.#closed) {
      this.#dumping = false;
      // Not at once: this may run in the middle of reading a datagram.
      const next = this.#waitingDumps.shift();
      if (next !== undefined) queueMicrotask(next);
    }
  }

  #fail(sequence: number, pending: Pending, errno: number): void {
    this.#settle(sequence, pending, errorFromErrno(pending.exchange.describe(), errno));
  }

  /**
   * An answer was lost, and which one cannot be known: none in flight can be trusted. The kernel says so
   * before it gives what it had kept, and of a batch a refusal may lie there.
   */
  #overrun(): void {
    for (const pending of this.#pending.values()) {
      if (pending.exchange.batch !== undefined) pending.lost = true;
    }
    this.#failAll(errnoByName.ENOBUFS, (pending) => pending.lost !== true);
  }

  #failAll(errno: number, which: (pending: Pending) => boolean = () => true): void {
    for (const [sequence, pending] of this.#pending) {
      if (!which(pending)) continue;
      const refusal = pending.exchange.batch?.refusal();
      if (refusal === undefined) this.#fail(sequence, pending, errno);
      else this.#settle(sequence, pending, refusal);
    }
  }

  /** The cut message says whose it is, if its header arrived; the next one gets more room. */
  #truncated(at: number): void {
    const cut =
      this.#datagram.length - at >= 16 ? this.#view.getUint32(at + 8, this.#littleEndian) : 0;
    const pending = this.#pending.get(cut);
    if (pending !== undefined) this.#fail(cut, pending, errnoByName.EMSGSIZE);
    this.#datagram = newDatagram(this.#datagram.bytes.length * 2);
    this.#view = viewOf(this.#datagram);
  }
}

function closedError(exchange: Exchange): NetlinkError {
  return new NetlinkError(`${exchange.describe()}: the netlink socket is closed`, {
    code: 'ECLOSED',
    errno: 0,
  });
}

function newDatagram(length: number): Datagram {
  return { bytes: new Uint8Array(length), length: 0, truncated: false, sender: 0 };
}

function viewOf(datagram: Datagram): DataView {
  return new DataView(datagram.bytes.buffer);
}
