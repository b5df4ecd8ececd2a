/** Port: time. Real: this-node. Fake: testing/fake-clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds for durations, by a clock that nobody sets: one for all processes of a machine, as CLOCK_MONOTONIC (clock_gettime(2)). */
  elapsed(): number;
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}
