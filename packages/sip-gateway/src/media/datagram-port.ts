import type { Endpoint } from '../sdp/stream-description.ts';

/** Port: UDP sockets. Real: node:dgram in the relay's worker. Fake: testing/memory-network. */
export interface DatagramPort {
  /**
   * Binds one socket to exactly this address and port; `onDatagram` gets what arrives until it is closed.
   *
   * @throws an error whose `code` is the errno's name, such as EADDRINUSE
   */
  bind(at: Endpoint, onDatagram: OnDatagram): Promise<BoundSocket>;
}

/** Gets what arrives; the bytes are its own. */
export type OnDatagram = (bytes: Uint8Array, from: Endpoint) => void;

/** One bound UDP socket. */
export interface BoundSocket {
  /** Sends or loses it, as UDP does. */
  send(bytes: Uint8Array, to: Endpoint): void;
  /** Bytes that were sent and have not left yet. */
  queuedBytes(): number;
  close(): Promise<void>;
}
