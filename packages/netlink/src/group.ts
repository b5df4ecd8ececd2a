import { errorFromErrno } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { Entry, isLast, lostAnswer, takeMessage } from './judge.ts';
import type { Received, Send, Settle, Settled } from './judge.ts';
import { errnoByName } from './schema/errno.ts';
import { messageType } from './schema/netlink.ts';
import { clearAck, stampSequences, writeType } from './wire/message-header.ts';

/** An object that is asked for, in refusals: a link takes some KB of the receive buffer. */
const objectWeight = 8;
/** A part of a listing: up to 32 KB. */
const partWeight = 64;

/**
 * Requests that go to the kernel in one send, in order. The kernel carries them out one after the other,
 * and a refused one does not stop the next (netlink_rcv_skb), so only the last one asks for its ACK:
 * when that is there, those before it that were not refused are done. No more than `maxRefusals`, fewer
 * where objects are asked for: all that the kernel may answer fits into the receive buffer.
 */
export class Group implements Send {
  readonly entries: Entry[] = [];
  /** The sequence number of the first message, once it is sent. */
  first = 0;
  /** How many messages there are. */
  span = 0;
  /** Its listing: the kernel runs one per socket, and its parts come after the answers to the rest. */
  dump: Entry | undefined;
  /** Some of its answers may have been lost. */
  isLost = false;
  isSent = false;
  /** The kernel takes milliseconds for one of them. */
  isSlow = false;
  /** How many of its requests, but for the listing, the kernel has not answered yet. */
  unanswered = 0;
  readonly #littleEndian: boolean;
  readonly #maxRefusals: number;
  readonly #offsets: number[] = [];
  #bytes: Uint8Array;
  #length = 0;
  #lastAck = -1;
  #weight = 0;

  /** @param bytes memory to begin with. */
  constructor(bytes: Uint8Array, maxRefusals: number, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#maxRefusals = maxRefusals;
    this.#littleEndian = littleEndian;
  }

  get message(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Its listing's sequence number, once it is sent; 0 without one. */
  get dumpSequence(): number {
    return this.dump === undefined ? 0 : this.first + this.entries.indexOf(this.dump);
  }

  /** For another group, once this one is sent. */
  get memory(): Uint8Array {
    return this.#bytes;
  }

  /** Nobody waits for any of it. */
  get isIdle(): boolean {
    return this.entries.every(({ isSettled }) => isSettled);
  }

  /** Whether this one fits, too, into a send of `maxBytes`. */
  accepts(exchange: Exchange, maxBytes: number): boolean {
    const { message, until, batch } = exchange;
    if (this.isSent) return false;
    if (this.span === 0) return true;
    // nfnetlink takes a transaction only if it comes alone.
    if (batch !== undefined || this.entries[0]?.exchange.batch !== undefined) return false;
    if (until === 'done' && this.dump !== undefined) return false;
    if (this.#weight + weigh(exchange) > this.#maxRefusals) return false;
    return this.#length + message.length <= maxBytes;
  }

  get isFull(): boolean {
    return this.#weight >= this.#maxRefusals;
  }

  /** Copies the message. */
  add(exchange: Exchange, settle: Settle): Entry {
    const { message, until, batch } = exchange;
    const entry = new Entry(exchange, settle, this, this.entries.length);
    const at = this.#length;
    this.#length = at + ((message.length + 3) & ~3);
    this.#reserve(this.#length);
    this.#bytes.set(message, at);
    if (until === 'done') this.dump = entry;
    else this.unanswered++;
    if (until === 'ack' && batch === undefined) this.#askOnlyThis();
    if (exchange.offLoop === true) this.isSlow = true;
    this.entries.push(entry);
    this.#offsets.push(at);
    this.span += batch?.count ?? 1;
    this.#weight += weigh(exchange);
    return entry;
  }

  /** Numbers the messages: they are about to be sent. */
  stamp(first: number): void {
    this.first = first;
    this.isSent = true;
    const batch = this.entries[0]?.exchange.batch;
    if (batch !== undefined) {
      stampSequences(this.message, first, this.#littleEndian);
      return;
    }
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    let sequence = first;
    for (const at of this.#offsets) view.setUint32(at + 8, sequence++, this.#littleEndian);
  }

  /** One that is not sent yet becomes a message that does nothing; was it to bring the ACK, it still does. */
  withdraw(index: number): void {
    const at = this.#offsets[index];
    const entry = this.entries[index];
    if (at === undefined || entry === undefined || this.isSent) return;
    writeType(this.#bytes, at, messageType.noop, this.#littleEndian);
    if (entry.exchange.until === 'ack') return;
    this.#end(entry);
    if (entry === this.dump) this.dump = undefined;
  }

  /** Takes a message with one of its sequence numbers. */
  take(received: Received): void {
    const index = received.header.sequence - this.first;
    const [only] = this.entries;
    const entry = only?.exchange.batch === undefined ? this.entries[index] : only;
    if (entry === undefined || entry.isAnswered) return;
    if (index === this.#lastAck && isLast(received.header, entry.exchange)) {
      this.#endThoseBefore(index);
    }
    if (takeMessage(entry, index, received)) this.#end(entry);
  }

  /** Of the answer to that message not all was there: a part of it, or all. */
  cut(sequence: number, why: (entry: Entry) => Settled): void {
    const entry = this.entries[sequence - this.first];
    if (entry === undefined) return;
    entry.settle(why(entry));
    if (entry.exchange.until === 'answer') this.#end(entry);
  }

  /** No more answers will come. */
  fail(outcome: (entry: Entry) => Settled): void {
    for (const entry of this.entries) {
      if (!entry.isSettled) entry.settle(outcome(entry));
      this.#end(entry);
    }
  }

  /** All answers were taken, and some are missing. */
  failUnanswered(): void {
    // nfnetlink says once, to the first, that nothing of this send is permitted.
    const first = this.entries[0]?.outcome;
    const isRefused = typeof first === 'object' && first.code === 'EPERM';
    this.fail((entry) =>
      isRefused
        ? errorFromErrno(entry.exchange.describe(), errnoByName.EPERM)
        : lostAnswer(entry, errnoByName.ENOBUFS),
    );
  }

  #endThoseBefore(last: number): void {
    for (let index = 0; index < last; index++) {
      const entry = this.entries[index];
      if (entry === undefined || entry.isAnswered || entry === this.dump) continue;
      if (!entry.isSettled) {
        entry.settle(this.isLost ? lostAnswer(entry, errnoByName.ENOBUFS) : 'done');
      }
      this.#end(entry);
    }
  }

  #end(entry: Entry): void {
    if (entry.isAnswered) return;
    entry.isAnswered = true;
    if (entry !== this.dump) this.unanswered--;
  }

  #askOnlyThis(): void {
    const before = this.#offsets[this.#lastAck];
    if (before !== undefined) clearAck(this.#bytes, before, this.#littleEndian);
    this.#lastAck = this.entries.length;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** What its answers take of the receive buffer, in refusals. */
function weigh({ until, onMessage }: Exchange): number {
  if (until === 'done') return partWeight;
  return onMessage === undefined ? 1 : objectWeight;
}
