import type { NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Group } from './group.ts';
import { GroupPool } from './group-pool.ts';
import { Inbox, nothing, overrun } from './inbox.ts';
import { closedError, cutAnswer, lostAnswer, notSent, takeMessage } from './judge.ts';
import type { Entry, Settled } from './judge.ts';
import { errnoByName } from './schema/errno.ts';
import { Sequence } from './sequence.ts';
import type { Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';

// Datagrams taken in one go before other work gets its turn: 64 x 32 KiB, a few milliseconds.
const datagramsPerTurn = 64;
// About a millisecond of sends, each with its answers.
const sendsPerTurn = 128;
// What the kernel does with more messages may be felt: they are sent from the thread pool.
const messagesOnLoop = 8;
const resolved = Promise.resolve();

/** How many sends of this thread that take the kernel milliseconds are under way, on any socket. */
let slowSends = 0;

/**
 * The request side of a netlink socket. What is asked for within one turn goes out together, in order;
 * the kernel carries it out within send(), so the answers are mostly there at once. Only a listing
 * goes on: the kernel runs one per socket, so the next one waits, with all that was asked after it.
 * Answers are matched by sequence number.
 */
export class Conversation {
  /** Empty groups, for `send`. */
  readonly groups: GroupPool;
  readonly #transport: Transport;
  readonly #inbox: Inbox;
  readonly #sequence = new Sequence();
  /** Not sent yet; to the last one more may be added. */
  readonly #queue: Group[] = [];
  /** Listings whose first part came with their group; the rest is still to come. */
  readonly #listings = new Map<number, Entry>();
  readonly #flush = (): void => {
    this.#isScheduled = false;
    this.#sendQueued();
  };
  /** Sent, and not answered yet. */
  #current: Group | undefined;
  #isSending = false;
  #isScheduled = false;
  #isLost = false;
  #sends = 0;
  #closed = false;

  constructor(transport: Transport, littleEndian: boolean = hostIsLittleEndian) {
    this.#transport = transport;
    this.groups = new GroupPool(transport, littleEndian);
    this.#inbox = new Inbox(transport, littleEndian);
    transport.onReadable(() => {
      this.#drain();
      this.#sendQueued();
    });
  }

  /**
   * Asks with the next send, and tells `settle` once how it ended. The message is copied. Who will not wait
   * any more withdraws what is returned.
   */
  ask(exchange: Exchange, settle: (outcome: Settled) => void): Entry {
    let group = this.#queue.at(-1);
    if (group === undefined || !this.groups.fits(group, exchange)) {
      group = this.groups.take();
      this.#queue.push(group);
    }
    const entry = group.add(exchange, settle);
    if (this.#closed) this.#endAll();
    else if (group.isFull) this.#sendQueued();
    else this.#schedule();
    return entry;
  }

  /** Sends the groups after what was asked before. */
  send(groups: readonly Group[]): void {
    this.#queue.push(...groups);
    if (this.#closed) this.#endAll();
    else this.#schedule();
  }

  /** Whatever is in flight ends with `ECLOSED`: it may have been applied. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endAll();
    this.#transport.close();
  }

  /** The next sequence number is the one after `sequence`; without this they start at 1. */
  startAfter(sequence: number): void {
    this.#sequence.startAfter(sequence);
  }

  /** After this turn's synchronous part; after many sends in one turn of the loop, in its next turn. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#sends < sendsPerTurn) void resolved.then(this.#flush);
    else setImmediate(this.#flush);
  }

  #countSend(): void {
    if (this.#sends++ > 0) return;
    setImmediate(() => {
      this.#sends = 0;
    });
  }

  #sendQueued(): void {
    for (;;) {
      const [group] = this.#queue;
      if (group === undefined || !this.#maySend(group)) break;
      this.#queue.shift();
      if (!group.isIdle) this.#sendGroup(group);
    }
    this.#rest();
  }

  /** One group at a time; and a listing, or what holds the kernel's lock for long, while no listing runs. */
  #maySend(group: Group): boolean {
    if (this.#closed || this.#isSending || this.#current !== undefined) return false;
    return this.#listings.size === 0 || (group.dump === undefined && !group.isSlow);
  }

  #sendGroup(group: Group): void {
    this.#countSend();
    group.stamp(this.#sequence.take(group.span, this.#listings));
    this.#current = group;
    if (group.dump !== undefined) this.#listings.set(group.dumpSequence, group.dump);
    if (group.isSlow || group.span > messagesOnLoop || slowSends > 0) {
      void this.#sendOffLoop(group);
      return;
    }
    this.#sent(group, this.#transport.send(group.message));
  }

  async #sendOffLoop(group: Group): Promise<void> {
    this.#isSending = true;
    if (group.isSlow) slowSends++;
    const result = await this.#transport.sendOffLoop(group.message);
    this.#isSending = false;
    if (group.isSlow) slowSends--;
    if (this.#closed) return;
    this.#sent(group, result);
    this.#sendQueued();
  }

  #sent(group: Group, result: number): void {
    if (result < 0) {
      this.#listings.delete(group.dumpSequence);
      group.fail((entry) => notSent(entry, -result));
      this.#endGroup();
    } else this.#drain();
  }

  /** Takes what is there, up to one turn's worth. */
  #drain(): void {
    for (let count = 0; count < datagramsPerTurn && !this.#closed; count++) {
      // Mostly the one answer was all; what else may lie there is nobody's.
      if (!this.#endGroup() && this.#listings.size === 0) return;
      const result = this.#inbox.receive(this.#take, this.#cut);
      if (result === overrun) this.#overrun();
      else if (result < 0) {
        if (result === nothing) this.#tookAll();
        else this.#endInFlight(-result);
        return;
      }
    }
    this.#endGroup();
  }

  /** Nothing lies there any more. While a send is under way, answers come. */
  #tookAll(): void {
    if (this.#isSending) return;
    if (this.#isLost) this.#endInFlight(errnoByName.ENOBUFS);
    else if (this.#transport.answersWithinSend) this.#current?.failUnanswered();
    this.#endGroup();
  }

  readonly #take = (): void => {
    const inbox = this.#inbox;
    const { sequence } = inbox.header;
    const listing = this.#listings.size === 0 ? undefined : this.#listings.get(sequence);
    if (listing === undefined) this.#current?.take(inbox);
    else if (takeMessage(listing, 0, inbox)) this.#listings.delete(sequence);
  };

  /** A listing goes on after a cut part; its next attempt has a larger buffer. */
  readonly #cut = (sequence: number): void => {
    const listing = this.#listings.get(sequence);
    if (listing === undefined) this.#current?.cut(sequence, cutAnswer);
    else listing.settle(cutAnswer(listing));
  };

  /** Whether there is a group yet that is not answered. */
  #endGroup(): boolean {
    const group = this.#current;
    if (group === undefined) return false;
    if (group.unanswered > 0 || this.#isSending) return true;
    this.#current = undefined;
    this.groups.giveBack(group);
    return false;
  }

  /**
   * An answer was lost, and which one cannot be known: none in flight can be trusted. The kernel says so
   * before it gives what it had kept, where a refusal may lie, which is certain.
   */
  #overrun(): void {
    this.#isLost = true;
    if (this.#current !== undefined) this.#current.isLost = true;
    for (const entry of this.#listings.values()) {
      entry.settle(lostAnswer(entry, errnoByName.ENOBUFS));
    }
  }

  #endInFlight(errno: number): void {
    this.#isLost = false;
    const lost = (entry: Entry): NetlinkError => lostAnswer(entry, errno);
    this.#endAllSent(lost);
  }

  #endAllSent(why: (entry: Entry) => NetlinkError): void {
    for (const entry of this.#listings.values()) entry.settle(why(entry));
    this.#listings.clear();
    this.#current?.fail(why);
    this.#endGroup();
  }

  #endAll(): void {
    this.#endAllSent((entry) => closedError(entry.exchange, 'unknown'));
    for (const group of this.#queue.splice(0)) {
      group.fail((entry) => closedError(entry.exchange, 'not-sent'));
    }
  }

  #rest(): void {
    if (this.#closed) return;
    const isWaiting = this.#current !== undefined && !this.#isSending;
    this.#transport.wantReadable(isWaiting || this.#listings.size > 0);
  }
}
