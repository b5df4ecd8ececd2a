import type { UdpDatagram } from '../../capture/udp-datagram.ts';
import type { SipUserAgent } from '../../peers/sip-user-agent.ts';
import type { PeerClass } from '../traffic/flow.ts';

export type Matches = (datagram: UdpDatagram) => boolean;

/** What passed at the far sides since it was begun; ends with its disposal. */
export interface Recording extends Disposable {
  seen(peer: PeerClass): readonly UdpDatagram[];
  /** Resolves once a datagram that matches has passed; false when none has after `timeoutMs`. */
  until(peer: PeerClass, matches: Matches, timeoutMs: number): Promise<boolean>;
  /** The file's name in `--pcap`; undefined where nothing is captured. */
  file(peer: PeerClass): string | undefined;
  /** Packets that the Internet gateway has dropped meanwhile; undefined where there is none. */
  dropped(): Promise<number | undefined>;
}

/** Port: a SIP user agent on the Internet and one in the VPC. */
export interface Phones extends AsyncDisposable {
  readonly agents: Readonly<Record<PeerClass, SipUserAgent>>;
  record(call: string): Promise<Recording>;
}
