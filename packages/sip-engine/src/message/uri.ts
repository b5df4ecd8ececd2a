import type { Parameter } from './parameter.ts';

/** RFC 3261 19.1.1. Escapes (%xx) are kept as written. */
export interface SipUri {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** An IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: readonly Parameter[];
  /** What follows "?". */
  readonly headers: readonly Parameter[];
}

/** Any other scheme: tel, urn, http ... */
export interface OtherUri {
  readonly kind: 'other';
  /** Lower case. */
  readonly scheme: string;
  /** Everything after the first colon. */
  readonly rest: string;
}

export type Uri = SipUri | OtherUri;
