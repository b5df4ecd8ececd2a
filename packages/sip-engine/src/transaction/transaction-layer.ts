import type { Cleared } from '../guard/send-gate.ts';
import type { Essentials } from '../message/essentials.ts';
import { headerField } from '../message/header-list.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { handled } from '../message/method.ts';
import { responseTo } from '../message/response-to.ts';
import { isOwnVia, viaBranch } from '../message/via.ts';
import { ClientTransaction, type ClientHooks, type ClientUser } from './client-transaction.ts';
import { endsCalls } from './ends-calls.ts';
import { branchOf, clientKey, mergeKey, serverKey } from './key.ts';
import { ServerTransaction, type ServerHooks } from './server-transaction.ts';
import type { Failure } from './effect.ts';
import type { Inbound, Received, TransactionPorts } from './ports.ts';

/** Who uses the transactions: told what belongs to none of them, and of each new one. */
export interface TransactionUser {
  /** Whether the dialog is there that a request with a To tag names. */
  hasDialog(request: Essentials): boolean;
  /** Whether the dialog that this BYE names is there, and no BYE has come in it before. */
  isFirstBye(request: Essentials): boolean;
  /** A new server transaction: answer it. An INVITE has had its 100 already. */
  onRequest(transaction: ServerTransaction): void;
  /** An ACK that ends no transaction by itself: that of a 2xx. */
  onAck(ack: Inbound<SipRequest>): void;
  /** The user's answer did not reach the peer, or the peer did not confirm it. */
  onServerFailure(transaction: ServerTransaction, failure: Failure): void;
  onServerEnd(transaction: ServerTransaction): void;
}

/** Methods that a CANCEL is looked for in, INVITE first. One of another method gets 481, as one of nothing. */
const cancellable = handled.filter((method) => method !== 'ACK' && method !== 'CANCEL');

/** All transactions of one engine: RFC 3261 section 17 as a shell around the four pure machines. */
export class TransactionLayer {
  readonly #ports: TransactionPorts;
  readonly #user: TransactionUser;
  readonly #servers: Map<string, ServerTransaction> = new Map<string, ServerTransaction>();
  readonly #clients: Map<string, ClientTransaction> = new Map<string, ClientTransaction>();
  readonly #merged: Map<string, ServerTransaction> = new Map<string, ServerTransaction>();
  readonly #serverHooks: ServerHooks;
  readonly #clientHooks: ClientHooks;

  constructor(ports: TransactionPorts, user: TransactionUser) {
    this.#ports = ports;
    this.#user = user;
    this.#serverHooks = {
      onFailure: (transaction, failure) => user.onServerFailure(transaction, failure),
      onEnd: (transaction) => this.#endServer(transaction),
    };
    this.#clientHooks = { onEnd: ({ key }) => void this.#clients.delete(key) };
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  /** An INVITE of a peer waits for its final response. */
  get isInvited(): boolean {
    for (const each of this.#servers.values()) {
      if (each.method === 'INVITE' && each.isPending) return true;
    }
    return false;
  }

  /** Timers running in all transactions. */
  get timerCount(): number {
    let count = 0;
    for (const each of this.#servers.values()) count += each.timerCount;
    for (const each of this.#clients.values()) count += each.timerCount;
    return count;
  }

  receiveRequest(inbound: Inbound<SipRequest>): void {
    const { message, essentials } = inbound;
    const key = serverKey(message, essentials);
    const known = this.#servers.get(key);
    if (message.method === 'ACK') {
      if (known === undefined || known.isAccepted) this.#user.onAck(inbound);
      else known.receiveAck();
      return;
    }
    if (known !== undefined) {
      this.#ports.count('retransmission-in');
      known.receiveAgain();
      return;
    }
    const isNew = essentials.toTag === undefined && message.method !== 'CANCEL';
    const isStray = this.#isStray(inbound);
    if ((isNew || isStray) && !this.#ports.acceptsFrom(inbound.source)) {
      this.#ports.count('stranger');
      return;
    }
    // nothing is kept of it: the room that calls have is not for strangers
    if (isStray) {
      this.#answerStateless(inbound, 481);
      return;
    }
    if (isNew ? !this.hasRoom() : this.#isFull() && !this.#endsCall(inbound)) {
      this.#ports.count('overload');
      this.#answerStateless(inbound, 503, [headerField('Retry-After', '5')]);
      return;
    }
    this.#open(key, inbound);
  }

  receiveResponse(received: Received): void {
    const { via, cseq } = received.essentials;
    const client = this.#clients.get(clientKey(viaBranch(via) ?? '', cseq.method));
    // 18.1.2: a response whose sent-by is not what this request said is thrown away
    if (client === undefined || !isOwnVia(via, [client.sentBy])) return;
    client.receive(received);
  }

  /** The request that this CANCEL is about, whatever its method (9.2). */
  cancelledBy({ message, essentials }: Inbound<SipRequest>): ServerTransaction | undefined {
    for (const method of cancellable) {
      const found = this.#servers.get(serverKey(message, essentials, method));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** True when a copy of this request came by another way before (8.2.2.2). */
  isMerged(transaction: ServerTransaction): boolean {
    const key = transaction.keys.mergeKey;
    const first = key === undefined ? undefined : this.#merged.get(key);
    return first !== undefined && first !== transaction;
  }

  /** False when the limit of transactions is reached: nothing new begins. */
  hasRoom(): boolean {
    return this.size < this.#ports.maxTransactions;
  }

  /** Our tag in the answer to a request with these header fields that nothing is kept of. */
  tagFor(headers: readonly HeaderField[]): string {
    return this.#ports.tagFor(headers);
  }

  /** Sends a request in a transaction of its own; undefined when the limit is reached. */
  request(request: Cleared<SipRequest>, user: ClientUser): ClientTransaction | undefined {
    const { message } = request;
    // there is one for each call at most
    if (this.#isFull() && !endsCalls.has(message.method)) {
      this.#ports.count('overload');
      return undefined;
    }
    const key = clientKey(branchOf(message) ?? '', message.method);
    const sent = { key, request };
    const transaction = new ClientTransaction(this.#ports, sent, user, this.#clientHooks);
    this.#clients.set(key, transaction);
    transaction.begin();
    return transaction;
  }

  /** Ends every transaction and its timers at once, with no word to anybody. */
  abandonAll(): void {
    for (const each of [...this.#servers.values(), ...this.#clients.values()]) each.abandon();
  }

  /** 12.2.2 and 9.2: a request of a dialog that is not there, or a CANCEL of nothing. */
  #isStray(inbound: Inbound<SipRequest>): boolean {
    const { message, essentials } = inbound;
    return message.method === 'CANCEL'
      ? this.cancelledBy(inbound) === undefined
      : essentials.toTag !== undefined && !this.#user.hasDialog(essentials);
  }

  /** What goes on in calls has as much room again. */
  #isFull(): boolean {
    return this.size >= 2 * this.#ports.maxTransactions;
  }

  /**
   * What ends a call always has room, or its peer would have to keep it: there is one CANCEL for each INVITE at most, since it has
   * the same key, and one BYE for each dialog.
   */
  #endsCall(inbound: Inbound<SipRequest>): boolean {
    const { message, essentials } = inbound;
    return message.method === 'CANCEL'
      ? this.cancelledBy(inbound)?.method === 'INVITE'
      : message.method === 'BYE' && this.#user.isFirstBye(essentials);
  }

  #open(key: string, inbound: Inbound<SipRequest>): void {
    const keys = { key, mergeKey: mergeKey(inbound.essentials) };
    const transaction = new ServerTransaction(this.#ports, inbound, keys, this.#serverHooks);
    this.#servers.set(key, transaction);
    const merge = keys.mergeKey;
    if (merge !== undefined && !this.#merged.has(merge)) this.#merged.set(merge, transaction);
    transaction.begin();
    if (inbound.message.method === 'INVITE') {
      transaction.answer(responseTo(inbound.message, 100));
    }
    this.#user.onRequest(transaction);
  }

  #endServer(transaction: ServerTransaction): void {
    const { key, mergeKey: merge } = transaction.keys;
    this.#servers.delete(key);
    if (merge !== undefined && this.#merged.get(merge) === transaction) this.#merged.delete(merge);
    this.#user.onServerEnd(transaction);
  }

  #answerStateless(
    { message, back }: Inbound<SipRequest>,
    status: number,
    headers: readonly HeaderField[] = [],
  ): void {
    const toTag = this.tagFor(message.headers);
    const { gate } = this.#ports;
    const clearance = gate.clear(responseTo(message, status, { toTag, headers }), back);
    if (clearance.kind === 'cleared') gate.send(clearance.cleared, () => undefined);
  }
}
