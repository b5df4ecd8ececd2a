import type { SipUserAgent } from '../../peers/sip-user-agent.ts';
import type { PeerClass, Tuple } from '../traffic/flow.ts';

/** A UDP datagram as a far side's link had it, or its sockets where links cannot be captured. */
export interface SeenDatagram {
  readonly atMs: number;
  readonly direction: 'incoming' | 'outgoing';
  readonly source: Tuple;
  readonly destination: Tuple;
  readonly payload: Uint8Array;
}

export type Matches = (datagram: SeenDatagram) => boolean;

/** What passed at the far sides since it was begun; ends with its disposal. */
export interface Recording extends Disposable {
  seen(peer: PeerClass): readonly SeenDatagram[];
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
