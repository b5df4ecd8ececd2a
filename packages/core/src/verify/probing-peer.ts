import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { Endpoint } from './datagram-port.ts';

/** What a probing peer is asked to send. */
export interface ProbeRequest {
  /** The advertised tuple. */
  readonly to: Endpoint;
  /** What to send there, in one UDP packet, from any address that this pod has not sent to. */
  readonly datagram: Uint8Array;
  readonly signal: AbortSignal;
}

/** Port: somebody elsewhere who sends a packet when asked, by whatever way you reach him (HTTP, a message queue). */
export interface ProbingPeer {
  /** Where he sends from: the packets of the Internet and those of the VPC arrive at two sockets with delivery `both`. */
  readonly peers: 'internet' | 'vpc';
  /** Whether he sends IPv4 or IPv6; default IPv4. */
  readonly family?: AddressFamily;
  /**
   * Asks him; he may repeat the packet. Answers once it is on its way, if he can with the address that he
   * believes he sent from: when another one arrives, he sits behind a translator.
   */
  probe(request: ProbeRequest): Promise<{ readonly sentFrom?: Endpoint }>;
}
