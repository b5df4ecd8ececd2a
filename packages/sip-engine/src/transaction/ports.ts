import type { SendGate } from '../guard/send-gate.ts';
import type { Essentials } from '../message/essentials.ts';
import type { HeaderField, SipResponse } from '../message/message.ts';
import type { Clock } from '../transport/clock.ts';
import type { Way } from '../transport/send-path.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { TransactionTiming } from './timing.ts';

/** A message as it came in. */
export interface Inbound<M> {
  readonly message: M;
  readonly essentials: Essentials;
  readonly source: Tuple;
  readonly local: Tuple;
  /** Where its response goes (18.2.2, RFC 3581), by the path that leads there. */
  readonly back: Way;
  /** The bytes of the message, where it is as it came. */
  readonly verbatim: Uint8Array | undefined;
}

/** A response as it came in. */
export interface Received {
  readonly status: number;
  readonly response: SipResponse;
  readonly essentials: Essentials;
  /** Its bytes, where they are what would be written. */
  readonly verbatim: Uint8Array | undefined;
}

/** What is worth a counter. */
export type Counted = 'retransmission-in' | 'retransmission-out' | 'overload' | 'stranger';

export interface TransactionPorts {
  readonly clock: Clock;
  readonly timing: TransactionTiming;
  /**
   * Server and client transactions together; beyond it new requests get 503. Requests inside of dialogs that are there, and
   * CANCELs of what is, may use as many again; the first BYE of each dialog and the CANCEL of each INVITE always have room.
   */
  readonly maxTransactions: number;
  /** Our tag in the answer to a request with these header fields that nothing is kept of (8.2.7). */
  readonly tagFor: (headers: readonly HeaderField[]) => string;
  /** Whether a request from there may begin something. */
  readonly acceptsFrom: (source: Tuple) => boolean;
  readonly count: (what: Counted) => void;
  /** The one way out. */
  readonly gate: SendGate;
}
