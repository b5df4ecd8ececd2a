import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { Endpoint } from './datagram-port.ts';
import type { Peers, Through } from './wire-evidence.ts';

/**
 * `proven`: the quorum of servers saw the advertised tuple. `refuted`: whoever answered saw another.
 * `disputed`: some saw it, some another, and the first are too few. `too-few`: not one against it, and too few for
 * it. `silent`: nobody answered, which says nothing of the tuple. `not-asked`: nothing could be sent. `no-server`: none of
 * these peers was named, only one who sends.
 */
export type OutboundProof =
  | 'proven'
  | 'refuted'
  | 'disputed'
  | 'too-few'
  | 'silent'
  | 'not-asked'
  | 'no-server';

/**
 * `proven`: a packet for the advertised tuple arrived from an address that this port had not sent to, so it was
 * no return traffic. `silent`: none did. `not-asked`: nobody who could send one there
 * was at hand.
 */
export type InboundProof = 'proven' | 'silent' | 'not-asked';

/** What one path of one port came to. */
export interface PathProof {
  readonly port: number;
  readonly family: AddressFamily;
  readonly peers: Peers;
  readonly through: Through;
  readonly local: Endpoint;
  /** What peers must see for what was sent: with `reserved-port` another port than `port`. */
  readonly advertised: Endpoint;
  readonly outbound: OutboundProof;
  readonly inbound: InboundProof;
}
