import type { RefusalCode, RefusalStatus } from './parsed.ts';

/** Why bytes are no usable message. */
export interface Flaw {
  readonly code: RefusalCode;
  /** What a request with this flaw is answered with. */
  readonly status: RefusalStatus;
  readonly reason: string;
}

/** Text of a peer, cut for a sentence of ours. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

/** A flaw that RFC 3261 answers with 400 Bad Request (21.4.1). */
export function malformed(code: RefusalCode, reason: string): Flaw {
  return { code, status: 400, reason };
}
