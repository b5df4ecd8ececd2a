import type { CSeq } from './cseq.ts';
import type { NameAddr } from './name-addr.ts';
import type { Via } from './via.ts';

/** The header fields that every message has (RFC 3261 8.1.1), parsed. */
export interface Essentials {
  /** The topmost Via. */
  readonly via: Via;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: CSeq;
  /** undefined when the message has none. */
  readonly maxForwards: number | undefined;
}
