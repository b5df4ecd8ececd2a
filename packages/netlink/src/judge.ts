import { deliver } from './deliver.ts';
import { errorFromErrno, NetlinkError } from './errors.ts';
import type { Outcome } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { errnoByName } from './schema/errno.ts';
import { messageFlag, messageType } from './schema/netlink.ts';
import { readDoneMessage, readErrorMessage } from './wire/kernel-answer.ts';
import type { KernelAnswer } from './wire/kernel-answer.ts';
import type { MessageHeader } from './wire/message-header.ts';

/** How a request ended. */
export type Settled = NetlinkError | 'done';

/** Told once how the `index`-th request of its send ended. */
export type Settle = (outcome: Settled, index: number) => void;

/** The send that a request goes out with. */
export interface Send {
  readonly isSent: boolean;
  /** Takes back its `index`-th request, if it is not sent yet. */
  withdraw(index: number): void;
}

/** A request, and who is told how it ended. */
export class Entry {
  readonly exchange: Exchange;
  readonly #send: Send | undefined;
  readonly #index: number;
  /** A part of its listing said that the table changed meanwhile. */
  interrupted = false;
  /** Who asked was told how it ended: by the kernel's answer, or because they would not wait. */
  get isSettled(): boolean {
    return this.outcome !== undefined;
  }
  outcome: Settled | undefined;
  /** The kernel has no more to say to it, or it was told when it had none. */
  isAnswered = false;
  readonly #settle: Settle;

  constructor(exchange: Exchange, settle: Settle, send?: Send, index = 0) {
    this.exchange = exchange;
    this.#settle = settle;
    this.#send = send;
    this.#index = index;
  }

  /** Ends the wait for it: what is not sent yet never will be. */
  withdraw(why: (outcome: Outcome) => NetlinkError): void {
    if (this.isSettled) return;
    const isSent = this.#send?.isSent ?? true;
    this.#send?.withdraw(this.#index);
    this.settle(why(isSent ? 'unknown' : 'not-sent'));
  }

  settle(outcome: Settled): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.#settle(outcome, this.#index);
  }
}

/** A message in the receive buffer. */
export interface Received {
  readonly view: DataView;
  readonly at: number;
  readonly header: MessageHeader;
  readonly littleEndian: boolean;
}

/**
 * Reads one message of the answer to a request, the answer to the `index`-th of its messages if it is a
 * batch. What comes for who would not wait is passed over. True: the kernel has no more to say to it.
 */
export function takeMessage(entry: Entry, index: number, received: Received): boolean {
  const { exchange } = entry;
  const { header } = received;
  const isBatch = exchange.batch !== undefined;
  if (entry.isSettled && !isBatch) return isLast(header, exchange);
  const outcome = judge(entry, index, received);
  if (outcome === undefined) return false;
  entry.settle(outcome);
  // After a part that could not be read there may be more.
  return isBatch || isLast(header, exchange);
}

function judge(
  entry: Entry,
  index: number,
  { view, at, header, littleEndian }: Received,
): Settled | undefined {
  const { type, flags, length } = header;
  if ((flags & messageFlag.dumpInterrupted) !== 0) entry.interrupted = true;
  if (type === messageType.error) {
    return judgeEnd(entry, index, readErrorMessage(view, at, header, littleEndian));
  }
  if (type === messageType.done) {
    return judgeEnd(entry, index, readDoneMessage(view, at, header, littleEndian));
  }
  if (type <= messageType.overrun) return undefined;
  const unreadable = deliver(entry.exchange, type, view, at + 16, at + length);
  if (unreadable !== undefined) return unreadable;
  return entry.exchange.until === 'answer' ? 'done' : undefined;
}

function judgeEnd(entry: Entry, index: number, answer: KernelAnswer): Settled | undefined {
  const { exchange, interrupted } = entry;
  if (exchange.batch !== undefined) return exchange.batch.take(index, answer);
  if (answer.errno !== 0) return errorFromErrno(exchange.describe(), answer.errno, answer);
  if (!interrupted) return 'done';
  const message = `${exchange.describe()}: the table changed while it was listed`;
  return new NetlinkError(message, { code: 'EINTERRUPTED', errno: 0 });
}

/** Whether the message ends what the kernel has to say to a request. */
export function isLast({ type }: MessageHeader, { until }: Exchange): boolean {
  if (type === messageType.error || type === messageType.done) return true;
  return until === 'answer' && type > messageType.overrun;
}

/** The kernel was not asked. */
export function notSent({ exchange }: Pick<Entry, 'exchange'>, errno: number): NetlinkError {
  return errorFromErrno(exchange.describe(), errno, { outcome: 'not-sent' });
}

/** The socket was closed before, or meanwhile. */
export function closedError({ describe }: Exchange, outcome: Outcome): NetlinkError {
  const message = `${describe()}: the netlink socket is closed`;
  return new NetlinkError(message, { code: 'ECLOSED', errno: 0, outcome });
}

/** Of an answer not all arrived. */
export function cutAnswer({ exchange }: Entry): NetlinkError {
  return errorFromErrno(exchange.describe(), errnoByName.EMSGSIZE, { outcome: 'unknown' });
}

/** Answers were lost, and with them this one, maybe: of a batch a refusal that was heard is certain. */
export function lostAnswer({ exchange }: Entry, errno: number): NetlinkError {
  const refusal = exchange.batch?.refusal();
  return refusal ?? errorFromErrno(exchange.describe(), errno, { outcome: 'unknown' });
}
