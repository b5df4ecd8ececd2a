/** When a request over UDP is sent again, and when it is given up: RFC 8489 section 6.2.1. */
export interface StunTiming {
  /** RTO: from the first sending to the second; each further pause is twice as long. Default 500. */
  readonly rtoMs?: number;
  /** Rc: how often it is sent at most. Default 7. */
  readonly maxRequests?: number;
  /** Rm: after the last sending, so many times the RTO are waited. Default 16. */
  readonly lastWaitFactor?: number;
  /** From the first sending on, after that it is given up in any case. Default: none, which makes 39.5 s. */
  readonly deadlineMs?: number;
}

/** Milliseconds from the first sending on. */
export interface StunSchedule {
  readonly sendAtMs: readonly number[];
  readonly giveUpAtMs: number;
}

/** Pure: the whole schedule of one transaction. */
export function stunSchedule(timing: StunTiming = {}): StunSchedule {
  const { rtoMs = 500, maxRequests = 7, lastWaitFactor = 16, deadlineMs = Infinity } = timing;
  const all = Array.from({ length: maxRequests }, (_, sent) => (2 ** sent - 1) * rtoMs);
  const last = all.at(-1) ?? 0;
  return {
    sendAtMs: all.filter((atMs) => atMs === 0 || atMs < deadlineMs),
    giveUpAtMs: Math.min(last + lastWaitFactor * rtoMs, deadlineMs),
  };
}
