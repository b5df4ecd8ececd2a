import fs from 'node:fs';
import { Conversation } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import { errorFromErrno } from './errors.ts';
import { native, watchDo } from './native.ts';
import type { NativeWatch } from './native.ts';
import { namespaceFd } from './netns.ts';
import type { NetnsReference } from './network-namespace.ts';
import type { Requests } from './requests.ts';
import { errnoByName } from './schema/errno.ts';
import { netlinkOption, netlinkProtocol, netlinkSocketLevel } from './schema/netlink.ts';
import type { Datagram, Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { encodeNetlinkAddress } from './wire/socket-address.ts';

const messageTruncated = 0x20; // MSG_TRUNC
const solSocket = 1;
const sendBufferForce = 32; // SO_SNDBUFFORCE
const receiveBufferForce = 33; // SO_RCVBUFFORCE
// About a millisecond of requests that were answered at once.
const requestsPerTurn = 128;
const afNetlink = 16;
const sockRaw = 3;

/** A netlink socket in a namespace, and the namespace itself, kept for sockets opened later. */
export class Connection implements Requests {
  readonly #conversation: Conversation;
  readonly #netnsFd: number;
  #closed = false;
  #turn: Promise<void> | undefined;
  #requestsInTurn = 0;

  constructor(netns: NetnsReference | undefined, protocol: number = netlinkProtocol.route) {
    const reference = namespaceFd(netns);
    this.#netnsFd = reference.opened ? reference.fd : keep(reference.fd);
    try {
      this.#conversation = new Conversation(openNetlinkTransport(this.#netnsFd, protocol));
    } catch (error) {
      if (this.#netnsFd >= 0) fs.closeSync(this.#netnsFd);
      throw error;
    }
  }

  /**
   * Most requests are answered at once, and awaiting such an answer does not let the event loop turn:
   * after some of them the answer is held back until it has turned.
   */
  run(exchange: Exchange): Promise<void> {
    if (exchange.netns !== undefined) return elsewhere(exchange, exchange.netns);
    const result = this.#conversation.run(exchange);
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#requestsInTurn = 0;
        resolve();
      });
    });
    if (++this.#requestsInTurn < requestsPerTurn) return result;
    return heldBack(result, this.#turn);
  }

  /** A second socket in the same namespace, joined to multicast groups. */
  listen(groups: readonly number[]): Transport {
    return openNetlinkTransport(this.#netnsFd, netlinkProtocol.route, groups);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conversation.close();
    if (this.#netnsFd >= 0) fs.closeSync(this.#netnsFd);
  }
}

async function elsewhere(exchange: Exchange, netns: NetnsReference): Promise<void> {
  const { netns: _here, ...there } = exchange;
  const connection = new Connection(netns);
  try {
    await connection.run(there);
  } finally {
    connection.close();
  }
}

async function heldBack(result: Promise<void>, turn: Promise<void>): Promise<void> {
  try {
    await result;
  } finally {
    await turn;
  }
}

/** A second descriptor of the namespace, so that the caller may close theirs. */
function keep(fd: number): number {
  if (fd < 0) return fd;
  try {
    return fs.openSync(`/proc/self/fd/${String(fd)}`, 'r');
  } catch (cause) {
    const { errno } = cause as NodeJS.ErrnoException;
    const what = `opening the network namespace of descriptor ${String(fd)}`;
    throw errorFromErrno(what, Math.abs(errno ?? errnoByName.EBADF));
  }
}

/** Opens a netlink socket with extended ACKs, capped ACKs and strict checking. */
function openNetlinkTransport(
  netnsFd: number,
  protocol: number,
  groups: readonly number[] = [],
): Transport {
  const what = 'opening a netlink socket';
  const fd = native().socket(afNetlink, sockRaw, protocol, netnsFd);
  if (fd < 0) throw errorFromErrno(what, -fd);
  try {
    const { extAck, capAck, strictCheck, addMembership } = netlinkOption;
    for (const option of [extAck, capAck, strictCheck]) {
      check(what, native().setOption(fd, netlinkSocketLevel, option, int32(1)));
    }
    check(what, native().bind(fd, encodeNetlinkAddress(0, 0)));
    // A watcher shall survive a burst, and a transaction go out in one piece with room for all its
    // refusals; without the right to it the default size has to do.
    const isNetfilter = protocol === netlinkProtocol.netfilter;
    if (isNetfilter) native().setOption(fd, solSocket, sendBufferForce, int32(8 << 20));
    if (isNetfilter || groups.length > 0) {
      native().setOption(fd, solSocket, receiveBufferForce, int32(8 << 20));
    }
    for (const group of groups) {
      check(what, native().setOption(fd, netlinkSocketLevel, addMembership, int32(group)));
    }
    return new SocketTransport(fd);
  } catch (error) {
    native().close(fd);
    throw error;
  }
}

class SocketTransport implements Transport {
  readonly #fd: number;
  readonly #meta = new Uint8Array(8 + 12);
  readonly #metaView = new DataView(this.#meta.buffer);
  #listener: () => void = () => undefined;
  #watch: NativeWatch | undefined;
  #watching = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  send(message: Uint8Array): number {
    const result = native().send(this.#fd, message);
    return result < 0 ? result : 0;
  }

  sendOffLoop(message: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      const queued = native().sendInPool(this.#fd, message, (result) => {
        resolve(result < 0 ? result : 0);
      });
      if (queued < 0) resolve(queued);
    });
  }

  receive(datagram: Datagram): number {
    const length = native().receive(this.#fd, datagram.bytes, this.#meta);
    if (length < 0) return length;
    datagram.length = length;
    datagram.truncated = (this.#metaView.getUint32(0, hostIsLittleEndian) & messageTruncated) !== 0;
    datagram.sender = this.#metaView.getUint32(12, hostIsLittleEndian);
    return 0;
  }

  onReadable(listener: () => void): void {
    this.#listener = listener;
  }

  wantReadable(wanted: boolean): void {
    if (this.#watching === wanted) return;
    this.#watching = wanted;
    this.#watch ??= this.#openWatch();
    const result = native().watchSet(this.#watch, wanted ? watchDo.start : watchDo.stop);
    check('watching a netlink socket', result);
  }

  close(): void {
    if (this.#watch === undefined) native().close(this.#fd);
    else native().watchClose(this.#watch, 1);
  }

  #openWatch(): NativeWatch {
    const watch = native().watch(this.#fd, () => {
      this.#listener();
    });
    if (typeof watch === 'number') throw errorFromErrno('watching a netlink socket', -watch);
    return watch;
  }
}

function check(what: string, result: number): void {
  if (result < 0) throw errorFromErrno(what, -result);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}
