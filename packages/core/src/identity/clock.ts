/** Port: time. Real: this-node. Fake: testing/fake-clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds, for durations. */
  elapsed(): number;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
