import { closeSync, openSync, writeSync } from 'node:fs';
import {
  encodePacketAddress,
  openNetlink,
  openSocket,
  NetlinkError,
  type NativeSocket,
  type NetworkNamespace,
  type Received,
} from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { decodeFrame } from './decode-packet.ts';
import { describeFrame } from './describe-packet.ts';
import type { Frame } from './packet.ts';
import { encodePcapHeader, encodePcapRecord, snapLength } from './pcap.ts';

/** One frame that passed the link. */
export interface CapturedPacket {
  /** Nanoseconds since 1970, taken when it was read from the socket, not when it passed. */
  readonly atNs: bigint;
  /** `outgoing`: sent by this namespace over the link. */
  readonly direction: 'incoming' | 'outgoing';
  readonly bytes: Uint8Array;
  readonly frame: Frame;
}

export interface CaptureOptions {
  /** Keeps only these; default all. */
  readonly filter?: (packet: CapturedPacket) => boolean;
  /** Also writes them to this pcap file, which is there and whole after each packet. */
  readonly file?: string;
}

type Waiter = {
  readonly matches: (packet: CapturedPacket) => boolean;
  readonly resolve: (packet: CapturedPacket) => void;
  readonly timer: NodeJS.Timeout;
  readonly reject: (error: LabError) => void;
};

/** Frames of one link, as AF_PACKET shows them (packet(7)). Opened by {@link capture}. */
export class Capture implements Disposable {
  readonly linkName: string;
  readonly #packets: CapturedPacket[] = [];
  readonly #socket: NativeSocket;
  readonly #options: CaptureOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #buffer = new Uint8Array(snapLength);
  readonly #file: number | undefined;
  #read = 0;
  #seenByKernel = 0;
  #closed = false;

  constructor(socket: NativeSocket, linkName: string, options: CaptureOptions) {
    this.linkName = linkName;
    this.#socket = socket;
    this.#options = options;
    if (options.file !== undefined) {
      this.#file = openSync(options.file, 'w');
      writeSync(this.#file, encodePcapHeader());
    }
    socket.onReadable(() => this.#drain(framesPerTurn));
  }

  /** All that has passed by now, also what this process had not read yet. */
  get packets(): readonly CapturedPacket[] {
    this.#drain();
    return this.#packets;
  }

  /** Resolves with the first packet, seen already or still to come, that matches. Rejects with TimedOut. */
  async waitFor(
    matches: (packet: CapturedPacket) => boolean,
    timeoutMs: number,
  ): Promise<CapturedPacket> {
    this.#drain();
    const seen = this.#packets.find(matches);
    if (seen !== undefined) return seen;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(this.#timedOut(timeoutMs));
      }, timeoutMs);
      const waiter: Waiter = { matches, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
  }

  /** Packets the kernel had to drop because this process did not read them in time. */
  kernelDrops(): number {
    this.#drain();
    // tp_packets of struct tpacket_stats counts dropped ones too, and reading it sets it back to zero.
    this.#seenByKernel += this.#socket.getOption(solPacket, packetStatistics);
    return Math.max(0, this.#seenByKernel - this.#read);
  }

  /** Stops. Whoever still waits is told so (code Closed). */
  close(): void {
    if (this.#closed) return;
    this.#drain();
    this.#closed = true;
    this.#socket.close();
    if (this.#file !== undefined) closeSync(this.#file);
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(closedError(this.linkName));
    }
    this.#waiters.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes what is there; no more than `most`, since a link can be faster than its reader. */
  #drain(most: number = framesQueued): void {
    for (let count = 0; count < most && !this.#closed; count += 1) {
      const got = this.#receive();
      if (got === undefined) return;
      this.#read += 1;
      this.#take(this.#buffer.slice(0, got.length), got.from);
    }
  }

  /** The kernel says once, in place of a frame, that the link went down; the capture outlives that. */
  #receive(): Received | undefined {
    try {
      return this.#socket.receive(this.#buffer);
    } catch (error) {
      if (!NetlinkError.is(error) || error.code !== 'ENETDOWN') throw error;
      return this.#socket.receive(this.#buffer);
    }
  }

  #take(bytes: Uint8Array, from: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame === undefined) return;
    // struct sockaddr_ll (include/uapi/linux/if_packet.h): sll_pkttype is its 11th byte.
    const direction = from[10] === packetOutgoing ? 'outgoing' : 'incoming';
    const packet: CapturedPacket = { atNs: nowNs(), direction, bytes, frame };
    if (this.#options.filter?.(packet) === false) return;
    this.#packets.push(packet);
    if (this.#file !== undefined) writeSync(this.#file, encodePcapRecord(packet));
    for (const waiter of this.#waiters) {
      if (!waiter.matches(packet)) continue;
      clearTimeout(waiter.timer);
      this.#waiters.delete(waiter);
      waiter.resolve(packet);
    }
  }

  #timedOut(timeoutMs: number): LabError {
    const seen = this.#packets.map(
      (packet) => `${packet.direction} ${describeFrame(packet.frame)}`,
    );
    return new LabError({
      code: 'TimedOut',
      message: `capture on ${this.linkName}: no such packet within ${timeoutMs} ms; seen: ${seen.join('; ') || 'nothing'}`,
      remedy: 'Look where the packet died: box.dataPlane.counters(), or a capture one hop earlier.',
    });
  }
}

/**
 * Captures a link from now on, both directions.
 * @throws LabError LinkMissing; NetlinkError EPERM without CAP_NET_RAW
 */
export async function capture(
  namespace: NetworkNamespace,
  linkName: string,
  options: CaptureOptions = {},
): Promise<Capture> {
  const linkIndex = await findLink(namespace, linkName);
  // Protocol 0 receives nothing: only the bind below lets packets in, of this link alone.
  const socket = openSocket({ domain: 'packet', type: 'raw', protocol: 0, netns: namespace });
  try {
    growBuffer(socket);
    socket.bind(encodePacketAddress({ linkIndex, protocol: everyProtocol }));
    return new Capture(socket, linkName, options);
  } catch (error) {
    socket.close();
    throw error;
  }
}

async function findLink(namespace: NetworkNamespace, name: string): Promise<number> {
  using netlink = await openNetlink({ netns: namespace });
  const link = await netlink.links.get({ name });
  if (link !== undefined) return link.index;
  throw new LabError({
    code: 'LinkMissing',
    message: `capture: no link ${name} in ${namespace.path}`,
    remedy: 'Name a link that this host of the box has.',
  });
}

function growBuffer(socket: NativeSocket): void {
  try {
    socket.setOption(solSocket, soReceiveBufferForce, receiveBufferBytes);
  } catch {
    // Inside a user namespace the kernel refuses to go beyond its limit: take what the limit allows.
    socket.setOption(solSocket, soReceiveBuffer, receiveBufferBytes);
  }
}

function closedError(linkName: string): LabError {
  return new LabError({
    code: 'Closed',
    message: `capture on ${linkName}: closed while someone waited for a packet`,
    remedy: 'Await waitFor() before closing the capture.',
  });
}

/** Wall-clock start, so that stamps do not jump when the clock is set during a capture. */
const startNs = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

function nowNs(): bigint {
  return startNs + process.hrtime.bigint();
}

/** include/uapi/asm-generic/socket.h, linux/if_packet.h, linux/if_ether.h */
const solSocket = 1;
const soReceiveBuffer = 8;
const soReceiveBufferForce = 33;
const solPacket = 263;
const packetStatistics = 6;
const packetOutgoing = 4;
const everyProtocol = 0x0003;
const receiveBufferBytes = 8 * 1024 * 1024;
/** Frames taken in one go before other work gets its turn. */
const framesPerTurn = 256;
/** More than the receive buffer holds: the kernel doubles its size and counts 512 bytes and more a frame. */
const framesQueued = 32_768;
