import type { Datagram, Transport } from '../transport.ts';

/** A kernel that answers when told to; it keeps what was sent and what nobody has received yet. */
export class ScriptedKernel implements Transport {
  readonly maxBytes: number = 128 * 1024;
  maxRefusals = 128;
  answersWithinSend = false;
  /** The first sequence number of each send. */
  readonly sent: number[] = [];
  /** What each send held. */
  readonly sends: { type: number; flags: number }[][] = [];
  /** Called within send(), as the real kernel answers: once, and for each message. */
  onSend: (first: number) => void = () => undefined;
  onMessage: (sequence: number, flags: number) => void = () => undefined;
  sendResult = 0;
  sentOffLoop = 0;
  /** What is sent off the loop is carried out when this resolves. */
  offLoopGate: Promise<void> = Promise.resolve();
  wanted = false;
  closed = false;
  #queue: ({ bytes: Uint8Array; sender: number; truncated: boolean } | number)[] = [];
  #listener: () => void = () => undefined;

  send(message: Uint8Array): number {
    if (this.sendResult < 0) return this.sendResult;
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    const first = view.getUint32(8, true);
    this.sent.push(first);
    const messages: { type: number; flags: number }[] = [];
    this.sends.push(messages);
    this.onSend(first);
    for (let at = 0; at < message.length; at += (view.getUint32(at, true) + 3) & ~3) {
      messages.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true) });
      this.onMessage(view.getUint32(at + 8, true), view.getUint16(at + 6, true));
    }
    return 0;
  }

  async sendOffLoop(message: Uint8Array): Promise<number> {
    const copy = message.slice();
    this.sentOffLoop++;
    await this.offLoopGate;
    return this.send(copy);
  }

  receive(datagram: Datagram): number {
    const next = this.#queue.shift();
    if (next === undefined) return -11;
    if (typeof next === 'number') return next;
    datagram.bytes.set(next.bytes.subarray(0, datagram.bytes.length));
    datagram.length = Math.min(next.bytes.length, datagram.bytes.length);
    datagram.truncated = next.truncated || next.bytes.length > datagram.bytes.length;
    datagram.sender = next.sender;
    return 0;
  }

  onReadable(listener: () => void): void {
    this.#listener = listener;
  }

  wantReadable(wanted: boolean): void {
    this.wanted = wanted;
  }

  close(): void {
    this.closed = true;
  }

  queue(...messages: Uint8Array[]): void {
    this.queueFrom(0, messages);
  }

  queueFrom(sender: number, messages: readonly Uint8Array[], truncated = false): void {
    this.#queue.push({ bytes: Buffer.concat(messages), sender, truncated });
  }

  queueErrno(errno: number): void {
    this.#queue.push(-errno);
  }

  /** What libuv does while readiness is wanted and something is there. */
  poll(): void {
    while (this.wanted && this.#queue.length > 0) this.#listener();
  }
}
