import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { Endpoint } from './datagram-port.ts';
import type { StunAnswer } from './stun/stun-answer.ts';

/**
 * Which peers a path leads to. `internet`: the Internet gateway translates the private source. `vpc`: nobody
 * translates; the socket that sends there carries the public address itself. `all`: one socket serves both (every
 * delivery but `both`, and IPv6, which nobody translates).
 */
export type Peers = 'internet' | 'vpc' | 'all';

/** Whose socket the packets of a proof came from. */
export type Through =
  /** One of our own on the very port, closed again before anything is published. */
  | 'own-socket'
  /** The application's, lent by it. */
  | 'application-socket'
  /** One of our own on a port that the application leaves free: it stands for the others. */
  | 'reserved-port'
  /** None: nothing was sent. */
  | 'none';

/** What was seen on one path of one port. */
export interface PathEvidence {
  /** The port to be proven. */
  readonly port: number;
  readonly family: AddressFamily;
  readonly peers: Peers;
  readonly source: string;
  readonly through: Through;
  /** What was sent from. */
  readonly local: Endpoint;
  /** By errno, why the port itself could not be bound; EADDRINUSE says that somebody holds it. */
  readonly bindRefusedWith?: string;
  readonly answers: readonly ServerAnswer[];
  readonly inbound: readonly InboundTry[];
}

export interface ServerAnswer {
  /** As configured. */
  readonly server: string;
  readonly at: Endpoint;
  readonly answer: StunAnswer;
}

/** A packet that nobody had asked for at the place where it came from. */
export type InboundTry =
  | {
      readonly by: 'alternate-address';
      readonly server: string;
      readonly other: Endpoint;
      readonly answer: StunAnswer;
    }
  | {
      readonly by: 'probing-peer';
      readonly outcome: ProbeOutcome;
    };

export type ProbeOutcome =
  | {
      readonly kind: 'arrived';
      readonly from: Endpoint;
      /** Where the peer says that it sent from. */
      readonly sentFrom: Endpoint | undefined;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly why: string };
