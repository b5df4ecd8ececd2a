/** Stops a timer that has not run; does nothing afterwards. */
export type CancelTimer = () => void;

/** Port: time. Real: `systemClock`. Fake: testing/fake-clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `fire` once, `ms` milliseconds from now; never inside this call. */
  setTimer(ms: number, fire: () => void): CancelTimer;
}
