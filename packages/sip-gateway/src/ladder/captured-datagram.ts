import type { Tuple } from '@truetuple/sip-engine';

/** One UDP datagram as a capture saw it on the wire. */
export interface CapturedDatagram {
  /** Milliseconds since 1970, with what the capture knows below a millisecond. */
  readonly atMs: number;
  readonly source: Tuple;
  readonly destination: Tuple;
  /** Cut where the capture cut it. */
  readonly payload: Uint8Array;
}
