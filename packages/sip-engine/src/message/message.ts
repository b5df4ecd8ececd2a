/**
 * One header field line or, where the line held several values, the whole comma separated text.
 * Folded lines are joined by one space and the value is trimmed.
 */
export interface HeaderField {
  /** As written by the sender: "v" stays "v", "call-ID" stays "call-ID". */
  readonly name: string;
  /** Lower case, compact form expanded: what look-ups compare. */
  readonly key: string;
  readonly value: string;
}

/** RFC 3261 section 7.1. */
export interface SipRequest {
  readonly kind: 'request';
  /** Case-sensitive; unknown methods are kept as they are. */
  readonly method: string;
  /** As received; `parseUri` reads it. */
  readonly requestUri: string;
  /** In the order of the wire. */
  readonly headers: readonly HeaderField[];
  /** Never decoded as text. */
  readonly body: Uint8Array;
}

/** RFC 3261 section 7.2. */
export interface SipResponse {
  readonly kind: 'response';
  /** 100 to 699. */
  readonly status: number;
  readonly reasonPhrase: string;
  /** In the order of the wire. */
  readonly headers: readonly HeaderField[];
  /** Never decoded as text. */
  readonly body: Uint8Array;
}

/** A request or a response, as it was parsed or composed: never changed, only copied with something else in it. */
export type SipMessage = SipRequest | SipResponse;

/** The body of a message that has none. */
export const emptyBody: Uint8Array = new Uint8Array(0);
