import { Diagnostics } from './diagnostics.ts';
import { errorFromErrno } from './errors.ts';
import { native, watchDo } from './native.ts';
import type { NativeWatch } from './native.ts';
import { errnoByName } from './schema/errno.ts';
import { netlinkOption, netlinkProtocol, netlinkSocketLevel } from './schema/netlink.ts';
import type { Datagram, Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { encodeNetlinkAddress } from './wire/socket-address.ts';

const solSocket = 1;
const sendBufferSize = 7; // SO_SNDBUF
const sendBufferForce = 32; // SO_SNDBUFFORCE
const receiveBufferSize = 8; // SO_RCVBUF
const receiveBufferForce = 33; // SO_RCVBUFFORCE
const afNetlink = 16;
const sockRaw = 3;
// What is sent together at most, however large the send buffer is; the kernel keeps 32 bytes of that.
const usualBytes = 128 * 1024;
const sendBufferSlack = 32;
// What a refusal with the kernel's words takes of the receive buffer at most is 1280 bytes, the kernel's own management included: of
// the usual 212,992 bytes 128 take three quarters.
const refusalBytes = 1664;

/** Opens a netlink socket with extended ACKs, capped ACKs and strict checking. */
export function openNetlinkTransport(
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
    makeRoom(fd, isNetfilter || groups.length > 0 ? 8 << 20 : 1 << 20);
    for (const group of groups) {
      check(what, native().setOption(fd, netlinkSocketLevel, addMembership, int32(group)));
    }
    return new SocketTransport(fd, protocol);
  } catch (error) {
    native().close(fd);
    throw error;
  }
}

/** Without the right to it as much as the machine gives to anybody (net.core.rmem_max), which it doubles. */
function makeRoom(fd: number, bytes: number): void {
  const forced = native().setOption(fd, solSocket, receiveBufferForce, int32(bytes));
  if (forced < 0) native().setOption(fd, solSocket, receiveBufferSize, int32(bytes));
}

const overrun = -errnoByName.ENOBUFS;
// Longer messages are sent on their own.
const channelBytes = 2048;

/** A socket's own way to send and receive in one call; `state` is what C wrote beside the result. */
interface Channel {
  readonly out: Uint8Array;
  readonly into: Uint8Array;
  readonly state: Uint32Array;
  readonly exchange: (length: number) => number;
}

class SocketTransport implements Transport {
  readonly maxBytes: number;
  readonly maxRefusals: number;
  readonly answersWithinSend = true;
  readonly #fd: number;
  readonly #diagnostics: Diagnostics;
  #channel: Channel | undefined;
  /** What a send received along with it: the next receive's result. */
  #received: number | undefined;
  #listener: () => void = () => undefined;
  #watch: NativeWatch | undefined;
  #watching = false;

  constructor(fd: number, protocol: number) {
    this.#fd = fd;
    this.#diagnostics = new Diagnostics(fd, protocol);
    this.maxBytes = Math.min(usualBytes, bufferSize(fd, sendBufferSize) - sendBufferSlack);
    this.maxRefusals = Math.floor(bufferSize(fd, receiveBufferSize) / refusalBytes);
  }

  send(message: Uint8Array): number {
    this.#diagnostics.request(message);
    const channel = this.#channel;
    const { length } = message;
    if (channel === undefined || this.#received !== undefined || length > channelBytes) {
      const result = native().send(this.#fd, message);
      return result < 0 ? result : 0;
    }
    channel.out.set(message);
    const result = channel.exchange(length);
    if (channel.state[0] === 0) return result;
    this.#received = result;
    return 0;
  }

  sendOffLoop(message: Uint8Array): Promise<number> {
    this.#diagnostics.request(message);
    return new Promise((resolve) => {
      const queued = native().sendInPool(this.#fd, message, (result) => {
        resolve(result < 0 ? result : 0);
      });
      if (queued < 0) resolve(queued);
    });
  }

  receive(datagram: Datagram): number {
    let result = this.#received;
    this.#received = undefined;
    let channel = this.#channel;
    if (channel === undefined || channel.into !== datagram.bytes) {
      channel = openChannel(this.#fd, datagram.bytes);
      this.#channel = channel;
    }
    result ??= channel.exchange(0);
    if (result === overrun) this.#diagnostics.overrun();
    if (result < 0) return result;
    datagram.length = result;
    datagram.sender = channel.state[1] ?? 0;
    datagram.truncated = channel.state[2] === 1;
    // The next one comes with more memory: no send may receive into this one any more.
    if (datagram.truncated) this.#channel = undefined;
    this.#diagnostics.answer(datagram);
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

function openChannel(fd: number, into: Uint8Array): Channel {
  const out = new Uint8Array(new ArrayBuffer(channelBytes));
  const state = new Uint32Array(new ArrayBuffer(12));
  const exchange = native().channel(fd, out, into, new Uint8Array(state.buffer));
  if (typeof exchange === 'number') throw errorFromErrno('opening a netlink socket', -exchange);
  return { out, into, state, exchange };
}

function check(what: string, result: number): void {
  if (result < 0) throw errorFromErrno(what, -result);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}

function bufferSize(fd: number, option: number): number {
  const bytes = int32(0);
  check(
    'asking a netlink socket for its buffers',
    native().getOption(fd, solSocket, option, bytes),
  );
  return new DataView(bytes.buffer).getInt32(0, hostIsLittleEndian);
}
