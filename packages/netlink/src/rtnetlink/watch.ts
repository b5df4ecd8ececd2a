import { errorFromErrno } from '../errors.ts';
import { errnoByName } from '../schema/errno.ts';
import type { Datagram, Transport } from '../transport.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { headerLength, readHeader } from '../wire/message-header.ts';
import type { MessageHeader } from '../wire/message-header.ts';
import { decodeEvent } from './event.ts';
import type { NetlinkEvent } from './event.ts';
import { tell } from './tell.ts';

/** Ends a watch. */
export interface Watch {
  close(): void;
}

// Datagrams taken in one go before other work gets its turn.
const datagramsPerTurn = 64;

/** Tells the listener what the transport's groups report, until closed. */
export function watchTransport(
  transport: Transport,
  listener: (event: NetlinkEvent) => void,
): Watch {
  const watcher = new Watcher(transport, listener);
  transport.onReadable(() => {
    watcher.drain();
  });
  transport.wantReadable(true);
  return watcher;
}

class Watcher implements Watch {
  readonly #transport: Transport;
  readonly #listener: (event: NetlinkEvent) => void;
  readonly #datagram: Datagram;
  readonly #view: DataView;
  #open = true;
  #lost = false;

  constructor(transport: Transport, listener: (event: NetlinkEvent) => void) {
    const bytes = new Uint8Array(64 * 1024);
    this.#transport = transport;
    this.#listener = listener;
    this.#datagram = { bytes, length: 0, truncated: false, sender: 0 };
    this.#view = new DataView(bytes.buffer);
  }

  drain(): void {
    for (let count = 0; count < datagramsPerTurn && this.#open; count++) {
      const result = this.#transport.receive(this.#datagram);
      if (result === -errnoByName.EAGAIN) {
        this.#tellOverrun();
        return;
      }
      if (result === -errnoByName.ENOBUFS) this.#lost = true;
      else if (result < 0) {
        this.#transport.wantReadable(false);
        this.#tell({ kind: 'failed', error: errorFromErrno('watching netlink groups', -result) });
        return;
      } else if (this.#datagram.sender === 0) {
        for (const event of readEvents(this.#view, this.#datagram)) this.#tell(event);
      }
    }
  }

  /**
   * The kernel says once that it loses events, and goes on losing them until all that it had queued
   * was taken (NETLINK_S_CONGESTED). Only from then on is listing again worth while.
   */
  #tellOverrun(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#tell({ kind: 'overrun' });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#transport.close();
  }

  #tell(event: NetlinkEvent): void {
    if (this.#open) tell(this.#listener, event);
  }
}

/** Everything is decoded before the listener runs, because it may start another receive. */
function readEvents(view: DataView, datagram: Datagram): NetlinkEvent[] {
  const events: NetlinkEvent[] = [];
  const header: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
  let at = 0;
  try {
    while (readHeader(view, at, datagram.length, header, hostIsLittleEndian)) {
      const event = decodeEvent(header.type, view, at + headerLength, at + header.length);
      if (event !== undefined) events.push(event);
      at += (header.length + 3) & ~3;
    }
  } catch (error) {
    events.push({ kind: 'failed', error: error as Error });
  }
  if (datagram.truncated) events.push({ kind: 'overrun' });
  return events;
}
