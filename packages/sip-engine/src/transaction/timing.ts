/**
 * Base times of RFC 3261 section 17 (table 4 in appendix A), in milliseconds, and whether the
 * transport delivers by itself (TCP, TLS) so that nothing is repeated.
 */
export interface TransactionTiming {
  /** Estimate of a round trip; 500. */
  readonly t1Ms: number;
  /** Longest interval between two repeats; 4000. */
  readonly t2Ms: number;
  /** How long a message can stay in the network; 5000. */
  readonly t4Ms: number;
  /** Timer D: how long, at least, repeats of a refusal are acknowledged on UDP; 32000. */
  readonly timerDMs: number;
  readonly isReliable: boolean;
  /**
   * How long an INVITE may ring without a final response. RFC 3261 gives such a limit to proxies only
   * (timer C of section 16.6, more than three minutes); without one a silent peer holds memory for good.
   */
  readonly ringLimitMs: number;
}

/** The values of RFC 3261 for UDP; an INVITE rings for at most five minutes. */
export const defaultTiming: TransactionTiming = {
  t1Ms: 500,
  t2Ms: 4000,
  t4Ms: 5000,
  timerDMs: 32_000,
  isReliable: false,
  ringLimitMs: 300_000,
};

/**
 * Timers by their letters in RFC 3261 table 4, L and M by RFC 6026. Two are ours by intent: C ends an INVITE
 * that rings for ever, N a non-INVITE that the user never answers (RFC 4320: after 64*T1 nobody listens).
 */
export type TimerName =
  | 'A'
  | 'B'
  | 'C'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  | 'N';

/** How often T1 fits into the life of a transaction: timers B, F, H, J, L, M are 64*T1. */
export function lifetimeMs(timing: TransactionTiming): number {
  return 64 * timing.t1Ms;
}
