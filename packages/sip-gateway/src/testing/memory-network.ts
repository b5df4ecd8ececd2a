import type { BoundSocket, DatagramPort, OnDatagram } from '../media/datagram-port.ts';
import type { Endpoint } from '../sdp/stream-description.ts';

/** UDP in memory: who is bound, and what is sent to whom. Nothing is lost and nothing is late. */
export class MemoryNetwork implements DatagramPort {
  readonly #bound = new Map<string, OnDatagram>();

  /** @throws an error with code EADDRINUSE */
  async bind(at: Endpoint, onDatagram: OnDatagram): Promise<BoundSocket> {
    const key = keyOf(at);
    if (this.#bound.has(key)) {
      throw Object.assign(new Error(`bind EADDRINUSE ${key}`), { code: 'EADDRINUSE' });
    }
    this.#bound.set(key, onDatagram);
    return {
      send: (bytes, to) => this.#bound.get(keyOf(to))?.(bytes, at),
      queuedBytes: () => 0,
      close: async () => void this.#bound.delete(key),
    };
  }

  /** Every address and port that is bound, sorted. */
  bound(): readonly string[] {
    return [...this.#bound.keys()].toSorted();
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
