import type { Received } from './judge.ts';
import { errnoByName } from './schema/errno.ts';
import type { Datagram, Transport } from './transport.ts';
import { readHeader } from './wire/message-header.ts';
import type { MessageHeader } from './wire/message-header.ts';

const receiveBytes = 64 * 1024;

/** The receiving end of a netlink socket: one buffer, its datagrams taken message by message. */
export class Inbox implements Received {
  readonly littleEndian: boolean;
  readonly header: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  /** Where the current message lies. */
  at = 0;
  view: DataView;
  readonly #transport: Transport;
  #datagram: Datagram;

  constructor(transport: Transport, littleEndian: boolean) {
    this.#transport = transport;
    this.littleEndian = littleEndian;
    this.#datagram = newDatagram(receiveBytes);
    this.view = viewOf(this.#datagram);
  }

  /**
   * Receives a datagram and hands out its messages: `cut` those of which not all is there. What does
   * not come from the kernel is dropped. Returns 0 or -errno: -EAGAIN when there is nothing.
   */
  receive(take: () => void, cut: (sequence: number) => void): number {
    const result = this.#transport.receive(this.#datagram);
    if (result < 0 || this.#datagram.sender !== 0) return result;
    const { length, truncated } = this.#datagram;
    let at = 0;
    while (readHeader(this.view, at, length, this.header, this.littleEndian)) {
      this.at = at;
      at += (this.header.length + 3) & ~3;
      take();
    }
    if (truncated) this.#grow(at, cut);
    return 0;
  }

  /** Says whose message was cut, if its header arrived; the next one gets more room. */
  #grow(at: number, cut: (sequence: number) => void): void {
    const { length, bytes } = this.#datagram;
    if (length - at >= 16) cut(this.view.getUint32(at + 8, this.littleEndian));
    this.#datagram = newDatagram(bytes.length * 2);
    this.view = viewOf(this.#datagram);
  }
}

/** Nothing was there. */
export const nothing: number = -errnoByName.EAGAIN;
/** Something was there, and was lost. */
export const overrun: number = -errnoByName.ENOBUFS;

function newDatagram(length: number): Datagram {
  return { bytes: new Uint8Array(length), length: 0, truncated: false, sender: 0 };
}

function viewOf(datagram: Datagram): DataView {
  return new DataView(datagram.bytes.buffer);
}
