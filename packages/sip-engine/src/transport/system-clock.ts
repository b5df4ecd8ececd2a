import type { CancelTimer, Clock } from './clock.ts';
import { CoarseTimers } from './coarse-timers.ts';

/** As long as Node waits: what is longer, setTimeout runs at once. A session may last for longer (RFC 4028 section 4). */
const longestMs = 2 ** 31 - 1;

function setTimer(ms: number, fire: () => void): CancelTimer {
  if (ms > longestMs) {
    let cancel = setTimer(longestMs, () => {
      cancel = setTimer(ms - longestMs, fire);
    });
    return () => {
      cancel();
    };
  }
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
