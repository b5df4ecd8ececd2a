import type { HostPort } from '../message/host-port.ts';
import type { Transport } from './transport.ts';
import type { Tuple } from './tuple.ts';

/** How destinations of one kind are reached, and what they are told of us. */
export interface SendPath {
  /** The bound socket that sends there. */
  readonly transport: Transport;
  /** What Via, Contact and a From without a host say there: the tuple that the peer sees. */
  readonly advertised: HostPort;
  /**
   * Hosts that session descriptions (c=, m=, a=rtcp, a=candidate) may name there. Default: the advertised host alone. 'any':
   * media is not looked at.
   */
  readonly mediaHosts?: readonly string[] | 'any';
}

/** A destination and the path that leads to it. */
export interface Way {
  readonly destination: Tuple;
  readonly path: SendPath;
}

/**
 * Decides by the destination which socket sends there and as whom; undefined: nothing may be sent there.
 * @param preferred the socket that this peer talked to, or was talked to from, before
 */
export type PathTo = (destination: Tuple, preferred?: Transport) => SendPath | undefined;
