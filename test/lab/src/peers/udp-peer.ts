import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';
import { udpIn } from '../socket/udp-in.ts';
import { decodeNumbered, encodeNumbered } from './numbered-payload.ts';
import { SourceTally, type SourceReport } from './source-tally.ts';

/** An IPv4 address and a UDP port as text, `203.0.113.50:5060`. */
export type Tuple = string;

export interface ReceivedDatagram {
  readonly from: Tuple;
  readonly payload: Buffer;
}

export interface UdpPeerOptions {
  readonly namespace: NetworkNamespace;
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  /** True: every datagram goes back to where it came from. Default false. */
  readonly echo?: boolean;
}

export interface NumberedRun {
  readonly to: Tuple;
  readonly count: number;
  /** Between two packets; default 0: as fast as they leave, a batch per turn of the event loop. */
  readonly intervalMs?: number;
  /** Bytes per datagram, 12 or more; default 172, as much as an RTP packet with 20 ms of G.711. */
  readonly payloadBytes?: number;
}

interface Waiter {
  readonly reached: () => boolean;
  readonly wake: () => void;
}

/** A far side that speaks UDP, counts what arrives and tells from which tuples. */
export class UdpPeer implements AsyncDisposable {
  readonly tuple: Tuple;
  /** Every datagram in the order of arrival. */
  readonly received: ReceivedDatagram[] = [];
  readonly #socket: Socket;
  readonly #tally = new SourceTally();
  readonly #waiters = new Set<Waiter>();
  readonly #marks = new Map<string, () => void>();

  constructor(socket: Socket, echo: boolean) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.tuple = `${address}:${port}`;
    socket.on('message', (payload, { address: host, port: from }) => {
      const marked = this.#marks.get(payload.toString('latin1'));
      if (marked !== undefined) {
        marked();
        return;
      }
      this.received.push({ from: `${host}:${from}`, payload });
      this.#tally.count(`${host}:${from}`, decodeNumbered(payload));
      if (echo) socket.send(payload, from, host);
      for (const waiter of this.#waiters) if (waiter.reached()) waiter.wake();
    });
  }

  /** Sends one datagram; resolves when the kernel took it, rejects with the send error. */
  send(to: Tuple, payload: string | Uint8Array): Promise<void> {
    const { address, port } = splitTuple(to);
    return new Promise((resolve, reject) => {
      this.#socket.send(payload, port, address, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends numbered packets 0..count-1. */
  async sendNumbered(run: NumberedRun): Promise<void> {
    const intervalMs = run.intervalMs ?? 0;
    for (let number = 0; number < run.count; number += 1) {
      await this.send(run.to, encodeNumbered(number, run.payloadBytes ?? 172));
      if (intervalMs > 0 && number + 1 < run.count) await pause(intervalMs);
    }
  }

  /** The datagram at this place in the order of arrival (0 is the first), as soon as it is there. */
  async receive(place: number, timeoutMs: number): Promise<ReceivedDatagram> {
    await this.waitForCount(place + 1, timeoutMs);
    const found = this.received[place];
    if (found === undefined) throw new RangeError(`no datagram at place ${place}`);
    return found;
  }

  /** Resolves when this many datagrams have arrived in all; rejects with TimedOut. */
  waitForCount(count: number, timeoutMs: number): Promise<void> {
    return this.#waitUntil(
      () => this.received.length >= count,
      timeoutMs,
      () => `${this.received.length} of ${count} datagrams arrived`,
    );
  }

  /** Resolves with the first datagram, there already or still to come, that matches. */
  async waitFor(
    matches: (datagram: ReceivedDatagram) => boolean,
    timeoutMs: number,
  ): Promise<ReceivedDatagram> {
    const find = (): ReceivedDatagram | undefined => this.received.find(matches);
    await this.#waitUntil(
      () => find() !== undefined,
      timeoutMs,
      () => `none of ${this.received.length} datagrams matches`,
    );
    const found = find();
    if (found === undefined) throw new RangeError('a datagram was taken away');
    return found;
  }

  /**
   * Resolves when everything that was queued for this socket has been received: a datagram sent to itself
   * comes out behind it. With this, "nothing arrived" needs no waiting time.
   */
  async settle(timeoutMs = 2000): Promise<void> {
    const { address, port } = splitTuple(this.tuple);
    const mark = Buffer.from(`settle ${randomUUID()}`);
    const marked = Promise.withResolvers<undefined>();
    this.#marks.set(mark.toString(), () => marked.resolve(undefined));
    const timer = setTimeout(
      () => marked.reject(this.#timedOut(timeoutMs, 'its own mark did not come back')),
      timeoutMs,
    );
    try {
      await this.send(`${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`, mark);
      await marked.promise;
    } finally {
      clearTimeout(timer);
      this.#marks.delete(mark.toString());
    }
  }

  /** Per source tuple: how many arrived, which numbers are missing or came late. */
  report(): readonly SourceReport[] {
    return this.#tally.report();
  }

  /** Forgets what arrived so far. */
  clear(): void {
    this.received.length = 0;
    this.#tally.clear();
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #waitUntil(reached: () => boolean, timeoutMs: number, seen: () => string): Promise<void> {
    if (reached()) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = { reached, wake: () => resolve(undefined) };
    const timer = setTimeout(() => reject(this.#timedOut(timeoutMs, seen())), timeoutMs);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  #timedOut(timeoutMs: number, seen: string): LabError {
    return new LabError({
      code: 'TimedOut',
      message: `UDP peer ${this.tuple} waited ${timeoutMs} ms: ${seen}`,
      remedy: 'Look where the packet died: box.dataPlane.counters(), or a capture one hop earlier.',
    });
  }
}

/** Opens a peer that is bound in a namespace. */
export async function openUdpPeer(options: UdpPeerOptions): Promise<UdpPeer> {
  const socket = await udpIn(options.namespace, options.address, options.port);
  return new UdpPeer(socket, options.echo === true);
}

export function splitTuple(tuple: Tuple): { readonly address: string; readonly port: number } {
  const colon = tuple.lastIndexOf(':');
  return { address: tuple.slice(0, colon), port: Number(tuple.slice(colon + 1)) };
}
