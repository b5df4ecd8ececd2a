import { errorFromErrno, NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { Group } from './group.ts';
import { Inbox, nothing, overrun } from './inbox.ts';
import { cutAnswer, Entry, lostAnswer, takeMessage } from './judge.ts';
import type { Settled } from './judge.ts';
import { errnoByName } from './schema/errno.ts';
import { Sequence } from './sequence.ts';
import type { Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { stampSequences, writeSequence } from './wire/message-header.ts';

const groupBytes = 16 * 1024;

/**
 * The request side of a netlink socket for who blocks: the kernel answers within send(), and what a
 * listing has left lies there when the part before it was taken, so there is nothing to wait for.
 */
export class SyncConversation {
  readonly #transport: Transport;
  readonly #littleEndian: boolean;
  readonly #inbox: Inbox;
  readonly #sequence = new Sequence();
  #entry: Entry | undefined;
  #first = 0;
  #isAnswered = false;
  #group: Group | undefined;
  #closed = false;

  constructor(transport: Transport, littleEndian: boolean = hostIsLittleEndian) {
    this.#transport = transport;
    this.#littleEndian = littleEndian;
    this.#inbox = new Inbox(transport, littleEndian);
  }

  /** Carries one request out; gives how it ended. */
  request(exchange: Exchange): Settled {
    if (this.#closed) return closedError(exchange);
    let outcome: Settled | undefined;
    const entry = new Entry(exchange, (settled) => {
      outcome = settled;
    });
    this.#entry = entry;
    this.#isAnswered = false;
    this.#stamp(exchange);
    const result = this.#transport.send(exchange.message);
    if (result < 0) return notSent(entry, -result);
    while (!this.#isAnswered) {
      const lost = this.#receive();
      if (lost !== undefined) entry.settle(lostAnswer(entry, lost));
      if (lost !== undefined) break;
    }
    return outcome ?? lostAnswer(entry, errnoByName.ENOBUFS);
  }

  /** Sends the group and settles its entries. */
  send(group: Group): void {
    if (this.#closed) {
      group.fail(({ exchange }) => closedError(exchange));
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
      if (lost === errnoByName.ENOBUFS) group.failUnanswered();
      else if (lost !== undefined) group.fail((entry) => lostAnswer(entry, lost));
    }
    this.#group = undefined;
  }

  group(): Group {
    return new Group(new Uint8Array(groupBytes), this.#littleEndian);
  }

  fits(group: Group, exchange: Exchange): boolean {
    return group.accepts(exchange, this.#transport.maxBytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close();
  }

  #stamp({ message, batch }: Exchange): void {
    this.#first = this.#sequence.take(batch?.count ?? 1);
    if (batch === undefined) writeSequence(message, 0, this.#first, this.#littleEndian);
    else stampSequences(message, this.#first, this.#littleEndian);
  }

  /** Takes a datagram; gives an errno once no answer can come any more. */
  #receive(): number | undefined {
    const result = this.#inbox.receive(this.#take, this.#cut);
    if (result >= 0) return undefined;
    // What was kept comes after it was said that something was lost.
    if (result === overrun) {
      if (this.#group !== undefined) this.#group.isLost = true;
      return undefined;
    }
    return result === nothing ? errnoByName.ENOBUFS : -result;
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

function notSent({ exchange }: Entry, errno: number): NetlinkError {
  return errorFromErrno(exchange.describe(), errno, { outcome: 'not-sent' });
}

function closedError({ describe }: Exchange): NetlinkError {
  const message = `${describe()}: the netlink socket is closed`;
  return new NetlinkError(message, { code: 'ECLOSED', errno: 0, outcome: 'not-sent' });
}
