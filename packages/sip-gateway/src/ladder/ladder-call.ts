import type { Tuple } from '@truetuple/sip-engine';

/** One call as a ladder shows it: its legs, and what passed in the order of time. */
export interface LadderCall {
  /** One for each leg, in the order of their first messages. */
  readonly callIds: readonly string[];
  readonly rows: readonly LadderRow[];
  /** What looked like SIP of this call and could not be read; a capture that cuts packets does that. */
  readonly unreadable: readonly UnreadableMessage[];
}

/** A datagram of a call that is no SIP message, and why. */
export interface UnreadableMessage {
  readonly atMs: number;
  readonly source: Tuple;
  readonly destination: Tuple;
  readonly callId: string;
  readonly because: string;
}

/** A message or a run of media, in the order of their first packet. */
export type LadderRow = MessageRow | MediaRow;

/** One SIP message, with its repetitions. */
export interface MessageRow {
  readonly kind: 'message';
  readonly atMs: number;
  /** Of the last repetition; `atMs` when there is none. */
  readonly lastAtMs: number;
  /** How often the same bytes passed between the same tuples. */
  readonly times: number;
  readonly source: Tuple;
  readonly destination: Tuple;
  readonly callId: string;
  /** undefined in a response. */
  readonly method: string | undefined;
  /** Of a request: whom it asks for. */
  readonly requestUri: string | undefined;
  readonly status: number | undefined;
  readonly reasonPhrase: string | undefined;
  readonly cseq: { readonly sequence: number; readonly method: string };
  readonly hasSdp: boolean;
  /** What the sender says of itself, against what was seen. */
  readonly told: readonly JudgedTuple[];
}

/** Where it stands in the message. */
export type ToldIn = 'Via' | 'Contact' | 'c=,m=' | 'a=rtcp';

/** An advertised tuple and the observed one. */
export interface JudgedTuple {
  readonly where: ToldIn;
  /** What m= names, such as `audio`; undefined for what stands in no media description. */
  readonly media: string | undefined;
  /** As the message says it; a port that it leaves out is the default one. */
  readonly advertised: Tuple;
  /** What the sender's datagrams came from. */
  readonly observed: Tuple | undefined;
  /**
   * `not-seen`: no media came. `not-judged`: a name, or a stream that is off (port 0, or the address 0.0.0.0).
   */
  readonly verdict: 'same' | 'different' | 'not-seen' | 'not-judged';
}

/** Datagrams of one media stream in one direction, with no long pause. */
export interface MediaRow {
  readonly kind: 'media';
  readonly protocol: 'rtp' | 'rtcp' | 'other';
  readonly atMs: number;
  readonly lastAtMs: number;
  readonly source: Tuple;
  readonly destination: Tuple;
  readonly callId: string;
  readonly packets: number;
  /** RTP only: telephone events come within a stream of audio. */
  readonly payloads: readonly PayloadCount[];
  /** RTP and RTCP (RFC 3550 5.1, 6.4). */
  readonly ssrc: number | undefined;
  /** RTP only: expected less received (RFC 3550 A.3): a packet that came twice hides one that did not come. */
  readonly lost: number | undefined;
}

/** RTP packets of one payload type (RFC 3551). */
export interface PayloadCount {
  readonly payloadType: number;
  /** Such as `PCMU`: of RFC 3551, or of the call's a=rtpmap. */
  readonly encoding: string | undefined;
  readonly packets: number;
}
