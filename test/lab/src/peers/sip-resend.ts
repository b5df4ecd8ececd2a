import type { CancelTimer, Clock } from '@truetuple/sip-engine';

/** RFC 3261 17.1.1.1, in milliseconds: an estimate of the round trip, and the longest pause between two sendings. */
export interface ResendTiming {
  readonly t1Ms: number;
  /** Infinity for an INVITE (17.1.1.2). */
  readonly t2Ms: number;
}

export const defaultResend: ResendTiming = { t1Ms: 500, t2Ms: 4000 };

/**
 * Sends now, and again T1, 2 T1, 4 T1 ... after the sending before, until told to stop: what a request over UDP needs
 * (17.1.1.2, 17.1.2.2), and a 2xx until its ACK comes (13.3.1.4).
 */
export function resend(clock: Clock, { t1Ms, t2Ms }: ResendTiming, send: () => void): () => void {
  const again = (pauseMs: number): CancelTimer =>
    clock.setTimer(pauseMs, () => {
      send();
      cancel = again(Math.min(pauseMs * 2, t2Ms));
    });
  send();
  let cancel = again(t1Ms);
  return () => cancel();
}
