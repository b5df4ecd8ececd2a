/**
 * Port: the right to be the one writer of a pool, such as a Lease of Kubernetes. It is asked just before each write, so its holder
 * must stop saying yes longer before another one may begin than one call of EC2 can be under way: with `sdkEc2Api` three times its
 * `requestTimeoutMs`, 30 s by default, for the credentials, the call, and the call again where EC2 has corrected the clock.
 */
export interface WriterLease {
  isHeld(): boolean;
  /** Resolves once it is held, at once when it is; rejects when aborted, with the signal's reason. */
  whenHeld(signal: AbortSignal): Promise<void>;
}
