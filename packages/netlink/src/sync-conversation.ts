import type { Exchange } from './exchange.ts';
import type { Group } from './group.ts';
import { GroupPool } from './group-pool.ts';
import { Inbox, overrun } from './inbox.ts';
import { closedError, cutAnswer, Entry, lostAnswer, notSent, takeMessage } from './judge.ts';
import type { Settled } from './judge.ts';
import { errnoByName } from './schema/errno.ts';
import { Sequence } from './sequence.ts';
import type { Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { clearAck, stampSequences, writeSequence } from './wire/message-header.ts';

/**
 * The request side of a netlink socket for who blocks: the kernel answers within send(), and what a
 * listing has left lies there when the part before it was taken, so there is nothing to wait for.
 */
export class SyncConversation {
  /** Empty groups, for `send`. */
  readonly groups: GroupPool;
  readonly #transport: Transport;
  readonly #littleEndian: boolean;
  readonly #inbox: Inbox;
  readonly #sequence = new Sequence();
  #entry: Entry | undefined;
  #first = 0;
  #isAnswered = false;
  #isLost = false;
  #group: Group | undefined;
  #closed = false;

  constructor(transport: Transport, littleEndian: boolean = hostIsLittleEndian) {
    this.#transport = transport;
    this.#littleEndian = littleEndian;
    this.groups = new GroupPool(transport, littleEndian);
    this.#inbox = new Inbox(transport, littleEndian);
  }

  /** Carries one request out; gives how it ended. */
  request(exchange: Exchange): Settled {
    if (this.#closed) return closedError(exchange, 'not-sent');
    const entry = new Entry(exchange, nobodyElse);
    this.#entry = entry;
    this.#isAnswered = false;
    this.#stamp(exchange);
    const isSilent = this.#silence(exchange);
    const result = this.#transport.send(exchange.message);
    if (result < 0) return notSent(entry, -result);
    this.#isLost = false;
    while (!this.#isAnswered) {
      const end = this.#receive();
      if (end === errnoByName.EAGAIN && isSilent && !this.#isLost) entry.settle('done');
      else if (end === errnoByName.EAGAIN) entry.settle(lostAnswer(entry, errnoByName.ENOBUFS));
      else if (end !== undefined) entry.settle(lostAnswer(entry, end));
      if (end !== undefined) break;
    }
    return entry.outcome ?? lostAnswer(entry, errnoByName.ENOBUFS);
  }

  /** Sends the group and settles its entries. */
  send(group: Group): void {
    if (this.#closed) {
      group.fail(({ exchange }) => closedError(exchange, 'not-sent'));
      return;
    }
    group.stamp(this.#sequence.take(group.span));
    const result = this.#transport.send(group.message);
    if (result < 0) {
      group.fail((entry) => notSent(entry, -result));
      return;
    }
    this.#group = group;
    while (group.unanswered > 0) {
      const lost = this.#receive();
      if (lost === errnoByName.EAGAIN) group.failUnanswered();
      else if (lost !== undefined) group.fail((entry) => lostAnswer(entry, lost));
    }
    this.#group = undefined;
    this.groups.giveBack(group);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close();
  }

  /**
   * A request is carried out within send(), and a refusal is told whether an ACK was asked for or not
   * (netlink_rcv_skb): when nothing lies there, it is done. So no ACK is asked for.
   */
  #silence({ message, until, batch, onMessage }: Exchange): boolean {
    if (until !== 'ack' || batch !== undefined || onMessage !== undefined) return false;
    if (!this.#transport.answersWithinSend) return false;
    clearAck(message, 0, this.#littleEndian);
    return true;
  }

  #stamp({ message, batch }: Exchange): void {
    this.#first = this.#sequence.take(batch?.count ?? 1);
    if (batch === undefined) writeSequence(message, 0, this.#first, this.#littleEndian);
    else stampSequences(message, this.#first, this.#littleEndian);
  }

  /** Takes a datagram; gives an errno once no answer can come any more: EAGAIN when all was taken. */
  #receive(): number | undefined {
    const result = this.#inbox.receive(this.#take, this.#cut);
    if (result >= 0) return undefined;
    // What was kept comes after it was said that something was lost.
    if (result === overrun) {
      this.#isLost = true;
      if (this.#group !== undefined) this.#group.isLost = true;
      return undefined;
    }
    return -result;
  }

  readonly #take = (): void => {
    const inbox = this.#inbox;
    if (this.#group !== undefined) {
      this.#group.take(inbox);
      return;
    }
    const index = inbox.header.sequence - this.#first;
    const count = this.#entry?.exchange.batch?.count ?? 1;
    if (this.#entry === undefined || index < 0 || index >= count || this.#isAnswered) return;
    this.#isAnswered = takeMessage(this.#entry, index, inbox);
  };

  readonly #cut = (sequence: number): void => {
    if (this.#group !== undefined) this.#group.cut(sequence, cutAnswer);
    else if (this.#entry !== undefined && sequence === this.#first) {
      this.#entry.settle(cutAnswer(this.#entry));
      if (this.#entry.exchange.until === 'answer') this.#isAnswered = true;
    }
  };
}

/** Who asked reads the outcome from the entry. */
function nobodyElse(): void {}
