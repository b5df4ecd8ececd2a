import type { SipEngineError } from '../errors.ts';
import type { FailureListener, MessageListener, Transport } from '../transport/transport.ts';
import type { Tuple } from '../transport/tuple.ts';
import { closedFailure } from '../transport/udp-failure.ts';

/** What a socket needs of its network. */
export interface SocketWorld {
  carry(bytes: Uint8Array, destination: Tuple, onFailure: (error: SipEngineError) => void): void;
  later(run: () => void): void;
  release(): void;
}

/** One bound tuple of a VirtualNetwork. */
export class VirtualSocket implements Transport {
  readonly kind = 'udp';
  readonly localAddress: Tuple;
  readonly #world: SocketWorld;
  readonly #messageListeners = new Set<MessageListener>();
  readonly #failureListeners = new Set<FailureListener>();
  #isClosed = false;

  constructor(localAddress: Tuple, world: SocketWorld) {
    this.localAddress = localAddress;
    this.#world = world;
  }

  send(bytes: Uint8Array, destination: Tuple, onFailure?: (error: SipEngineError) => void): void {
    const fail = (error: SipEngineError): void => {
      if (onFailure !== undefined) onFailure(error);
      else for (const listener of this.#failureListeners) listener(error, destination);
    };
    if (this.#isClosed) {
      this.#world.later(() => {
        fail(closedFailure(this.localAddress, destination));
      });
    } else this.#world.carry(bytes, destination, fail);
  }

  onMessage(listener: MessageListener): () => void {
    this.#messageListeners.add(listener);
    return () => {
      this.#messageListeners.delete(listener);
    };
  }

  onFailure(listener: FailureListener): () => void {
    this.#failureListeners.add(listener);
    return () => {
      this.#failureListeners.delete(listener);
    };
  }

  deliver(bytes: Uint8Array, source: Tuple): void {
    for (const listener of this.#messageListeners) listener(bytes, source, this.localAddress);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#messageListeners.clear();
    this.#world.release();
  }
}
