import fs from 'node:fs';
import os from 'node:os';
import { errorFromErrno } from './errors.ts';
import { native, watchDo } from './native.ts';
import type { NativeWatch } from './native.ts';
import { namespaceFd } from './netns.ts';
import type { NetnsReference } from './network-namespace.ts';
import { errnoByName } from './schema/errno.ts';

// include/linux/socket.h and asm-generic
const domains = { unix: 1, inet: 2, inet6: 10, netlink: 16, packet: 17 } as const;
const types = { stream: 1, datagram: 2, raw: 3 } as const;
const messageTruncated = 0x20; // MSG_TRUNC
const largestAddress = 128; // struct sockaddr_storage

/** What {@link openSocket} takes. */
export interface SocketOptions {
  readonly domain: keyof typeof domains;
  readonly type: keyof typeof types;
  /** As in socket(2); for `packet` the ethertype in host order (0x0003 is all), 0 by default. */
  readonly protocol?: number;
  /** The namespace the socket is made in, and stays in. Default: that of this process. */
  readonly netns?: NetnsReference;
}

/** What one receive took. */
export interface Received {
  /** How many bytes of the buffer were filled. */
  readonly length: number;
  /** The datagram was longer than the buffer. */
  readonly truncated: boolean;
  /** The sender's sockaddr, empty where the protocol has none. */
  readonly from: Uint8Array;
}

/** A non-blocking, close-on-exec socket. */
export interface NativeSocket extends Disposable {
  readonly fd: number;
  /** Binds to a sockaddr, as `encodeInetAddress` and `encodePacketAddress` make them. */
  bind(address: Uint8Array): void;
  connect(address: Uint8Array): void;
  listen(backlog: number): void;
  /** The bound sockaddr. */
  localAddress(): Uint8Array;
  setOption(level: number, option: number, value: number | Uint8Array): void;
  getOption(level: number, option: number): number;
  /** Returns the bytes sent. */
  send(message: Uint8Array): number;
  sendTo(message: Uint8Array, address: Uint8Array): number;
  /** One datagram, or undefined when there is none now (EAGAIN). */
  receive(into: Uint8Array): Received | undefined;
  /** Calls the listener when something can be received; keeps the process alive until closed. */
  onReadable(listener: () => void): void;
  /** While false, readiness is not reported and does not keep the process alive. */
  wantReadable(wanted: boolean): void;
  /**
   * Gives the descriptor away, to `dgram.Socket.bind({ fd })` or `net.Server.listen({ fd })`: from
   * then on its new owner closes it.
   */
  detach(): number;
  close(): void;
}

/**
 * Opens a socket in any network namespace. A short-lived thread enters the namespace, so the one of
 * this process never changes.
 * @throws NetlinkError EPERM (raw, packet, foreign namespace), EMFILE, ENOENT (path), ENATIVE.
 */
export function openSocket(options: SocketOptions): NativeSocket {
  const what = `opening a ${options.domain} ${options.type} socket`;
  const netns = namespaceFd(options.netns);
  try {
    const protocol = options.protocol ?? 0;
    const fd = native().socket(
      domains[options.domain],
      types[options.type],
      options.domain === 'packet' ? swap16(protocol) : protocol,
      netns.fd,
    );
    if (fd < 0) throw errorFromErrno(what, -fd);
    return new OpenSocket(fd, `${options.domain} ${options.type} socket`);
  } finally {
    if (netns.opened) fs.closeSync(netns.fd);
  }
}

class OpenSocket implements NativeSocket {
  readonly fd: number;
  readonly #name: string;
  readonly #meta = new Uint8Array(8 + largestAddress);
  readonly #metaWords = new Uint32Array(this.#meta.buffer, 0, 2);
  #watch: NativeWatch | undefined;
  #watching = false;
  #open = true;

  constructor(fd: number, name: string) {
    this.fd = fd;
    this.#name = name;
  }

  bind(address: Uint8Array): void {
    this.#check('binding', native().bind(this.#fd('binding'), address));
  }

  connect(address: Uint8Array): void {
    const result = native().connect(this.#fd('connecting'), address);
    if (result !== -errnoByName.EINPROGRESS) this.#check('connecting', result);
  }

  listen(backlog: number): void {
    this.#check('listening on', native().listen(this.#fd('listening on'), backlog));
  }

  localAddress(): Uint8Array {
    const into = new Uint8Array(largestAddress);
    const what = 'reading the address of';
    return into.subarray(0, this.#check(what, native().name(this.#fd(what), into)));
  }

  setOption(level: number, option: number, value: number | Uint8Array): void {
    const what = `setting option ${String(option)} of level ${String(level)} on`;
    const bytes =
      typeof value === 'number' ? new Uint8Array(new Int32Array([value]).buffer) : value;
    this.#check(what, native().setOption(this.#fd(what), level, option, bytes));
  }

  getOption(level: number, option: number): number {
    const what = `reading option ${String(option)} of level ${String(level)} of`;
    const value = new Int32Array(1);
    const bytes = new Uint8Array(value.buffer);
    this.#check(what, native().getOption(this.#fd(what), level, option, bytes));
    return value[0] ?? 0;
  }

  send(message: Uint8Array): number {
    return this.#check('sending on', native().send(this.#fd('sending on'), message));
  }

  sendTo(message: Uint8Array, address: Uint8Array): number {
    return this.#check('sending on', native().sendTo(this.#fd('sending on'), message, address));
  }

  receive(into: Uint8Array): Received | undefined {
    const length = native().receive(this.#fd('receiving on'), into, this.#meta);
    if (length === -errnoByName.EAGAIN) return undefined;
    this.#check('receiving on', length);
    const flags = this.#metaWords[0] ?? 0;
    const addressLength = Math.min(this.#metaWords[1] ?? 0, largestAddress);
    return {
      length,
      truncated: (flags & messageTruncated) !== 0,
      from: this.#meta.slice(8, 8 + addressLength),
    };
  }

  onReadable(listener: () => void): void {
    const what = 'watching';
    if (this.#watch !== undefined) this.#check(what, -errnoByName.EALREADY);
    // The callback holds on to this socket, so that it is not collected while it is watched.
    const watch = native().watch(this.#fd(what), () => {
      if (this.#open) listener();
    });
    if (typeof watch === 'number') throw errorFromErrno(`${what} a ${this.#name}`, -watch);
    this.#watch = watch;
    this.wantReadable(true);
  }

  wantReadable(wanted: boolean): void {
    if (this.#watch === undefined || this.#watching === wanted) return;
    this.#watching = wanted;
    const result = native().watchSet(this.#watch, wanted ? watchDo.start : watchDo.stop);
    this.#check('watching', result);
  }

  detach(): number {
    const fd = this.#fd('detaching');
    this.#unwatch(0);
    this.#open = false;
    return native().release(fd);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (!this.#unwatch(1)) native().close(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #unwatch(closeFd: 0 | 1): boolean {
    if (this.#watch === undefined) return false;
    native().watchClose(this.#watch, closeFd);
    this.#watch = undefined;
    return true;
  }

  #fd(what: string): number {
    if (this.#open) return this.fd;
    throw errorFromErrno(`${what} a ${this.#name}`, errnoByName.EBADF);
  }

  #check(what: string, result: number): number {
    if (result < 0) throw errorFromErrno(`${what} a ${this.#name}`, -result);
    return result;
  }
}

function swap16(value: number): number {
  return os.endianness() === 'LE' ? ((value & 0xff) << 8) | (value >> 8) : value;
}
