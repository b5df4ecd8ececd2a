import type { HostPort } from '../message/host-port.ts';

/** What the guard looks at. */
export type GuardRow =
  /** Sent-by of the topmost Via of a request. */
  | 'via'
  /** Contact, but for that of redirections and of a registrar's list. */
  | 'contact'
  /** A Record-Route value that is no echo. */
  | 'record-route'
  /** c= of the session or of a stream. */
  | 'sdp-connection'
  /** A stream with a port: the address that holds for it. */
  | 'sdp-media'
  /** a=rtcp with an address (RFC 3605). */
  | 'sdp-rtcp'
  /** a=candidate and its raddr (RFC 8839). */
  | 'sdp-candidate'
  /** A line or body part that may tell an address and cannot be read. */
  | 'sdp-unreadable'
  /** Nothing may be sent to this destination. */
  | 'path';

/** One thing that a message would tell its peer and that is not so. */
export interface GuardFinding {
  readonly row: GuardRow;
  /** For a person: "Contact", "c= of stream 2". */
  readonly where: string;
  /** As written. */
  readonly told: string;
  readonly wanted: string;
}

/** As whom the peer of a message sees us: the tuple of the socket that sends, and the hosts of our media. */
export interface GuardedIdentity {
  readonly advertised: HostPort;
  /** Hosts that a session description may name; 'any': bodies are not looked at. */
  readonly mediaHosts: readonly string[] | 'any';
  /** Host names that stand for us wherever an address may: with any port, or none. */
  readonly names?: readonly string[];
  /**
   * Record-Route values of the peer's request: a response repeats them. Without it those of a response are all taken as
   * repeated, since a user agent adds none of its own.
   */
  readonly dialogEchoes?: readonly string[] | undefined;
}
