import type { SipEngineError } from '../errors.ts';
import type { Tuple } from './tuple.ts';

/** `local` is the tuple the datagram came to, `source` the one it came from. The bytes are the listener's own. */
export type MessageListener = (bytes: Uint8Array, source: Tuple, local: Tuple) => void;

/** `destination` is undefined when the failure belongs to no send (the socket itself failed). */
export type FailureListener = (error: SipEngineError, destination: Tuple | undefined) => void;

/** Port: one bound socket. Real: `openUdpTransport`. Fake: testing/virtual-network. */
export interface Transport {
  readonly kind: 'udp';
  /** The bound tuple; the port is the real one even when 0 was asked for. */
  readonly localAddress: Tuple;
  /**
   * Sends one datagram. Never throws. A failure (no route, too long, closed, an ICMP error where the platform tells it) goes to
   * `onFailure` of this send, later, or to the listeners of `onFailure` when this send has none.
   */
  send(bytes: Uint8Array, destination: Tuple, onFailure?: (error: SipEngineError) => void): void;
  /** Adds a listener; the result takes it away. Nothing is delivered inside a call to `send`. */
  onMessage(listener: MessageListener): () => void;
  onFailure(listener: FailureListener): () => void;
  /** Resolves when the socket is closed; nothing is delivered afterwards. Twice is once. */
  close(): Promise<void>;
}
