import type { Clock } from './clock.ts';
import { CoarseTimers } from './coarse-timers.ts';

function setTimer(ms: number, fire: () => void): () => void {
  const timer = setTimeout(fire, ms);
  return () => {
    clearTimeout(timer);
  };
}

/** Long enough that fifty wake-ups a second are the most, short against T1, the shortest timer of a transaction. */
const tickMs = 20;
/** What is shorter than that is not made to wait for a tick. */
const coarseFromMs = 200;

const coarse = new CoarseTimers({ now: () => performance.now(), setTimer }, tickMs);

/**
 * The time of this machine. Timers keep the process alive; those of 200 milliseconds and more may be 20 later than Node's.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (ms, fire) => (ms < coarseFromMs ? setTimer(ms, fire) : coarse.setTimer(ms, fire)),
};
