import type { Clock } from '../../identity/clock.ts';
import { meaningOf } from '../steps/translate-ec2-error.ts';
import { Ec2CallError } from './ec2-call-error.ts';
import {
  emptyBucket,
  fullBucket,
  takeToken,
  type BucketLevel,
  type RequestRate,
} from './token-bucket.ts';

export interface LaneParts {
  readonly clock: Pick<Clock, 'elapsed' | 'wait'>;
  readonly random: () => number;
  readonly rate: RequestRate;
  readonly tries: number;
}

interface Waiter {
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 20_000;

/** The calls of one EC2 action, in the order they came, as fast as one token bucket lets them go. */
export class RequestLane {
  readonly #parts: LaneParts;
  /** In order; those that were throttled go before those that were not made yet. */
  readonly #again: Set<Waiter> = new Set();
  readonly #waiting: Set<Waiter> = new Set();
  #level: BucketLevel;
  /** No call is made between the two: EC2 said that its own bucket is empty. */
  #closedAtMs: number = Number.NEGATIVE_INFINITY;
  #closedUntilMs: number = Number.NEGATIVE_INFINITY;
  #throttledInARow = 0;
  #alarm: AbortController | undefined;
  #isServing = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#level = fullBucket(parts.rate, parts.clock.elapsed());
  }

  /** How many calls wait for their turn. */
  get length(): number {
    return this.#again.size + this.#waiting.size;
  }

  /**
   * Makes a call when its turn has come, and again, before all others, while EC2 throttles it: a throttled
   * call was not carried out. An abort ends the wait with the signal's reason.
   */
  async run<Answer>(signal: AbortSignal | undefined, make: () => Promise<Answer>): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      await this.turn(signal, tried === 1 ? this.#waiting : this.#again);
      const sentAtMs = this.#parts.clock.elapsed();
      try {
        const answer = await make();
        if (sentAtMs >= this.#closedUntilMs) this.#throttledInARow = 0;
        return answer;
      } catch (error) {
        if (!isThrottled(error)) throw error;
        this.#close(sentAtMs);
        if (tried >= this.#parts.tries) throw error;
      }
    }
  }

  /** Resolves when one more request may be sent; a further page of a describe is one too. */
  turn(signal: AbortSignal | undefined, queue: Set<Waiter> = this.#waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => {
        queue.delete(waiter);
        reject(signal?.reason as Error);
        if (this.length === 0) this.#alarm?.abort();
      };
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
        fail: reject,
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.add(waiter);
      void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.length > 0) {
        const waitMs = this.#takeTurn();
        if (waitMs > 0) await this.#sleep(waitMs);
      }
    } catch (error) {
      for (const { fail } of [...this.#again, ...this.#waiting]) fail(error);
      this.#again.clear();
      this.#waiting.clear();
    } finally {
      this.#isServing = false;
    }
  }

  /** Lets the first one go, or says how long nobody may. */
  #takeTurn(): number {
    const now = this.#parts.clock.elapsed();
    if (now < this.#closedUntilMs) return Math.ceil(this.#closedUntilMs - now);
    const taken = takeToken(this.#parts.rate, this.#level, now);
    if (taken.kind === 'wait') return taken.waitMs;
    this.#level = taken.level;
    const queue = this.#again.size > 0 ? this.#again : this.#waiting;
    for (const waiter of queue) {
      queue.delete(waiter);
      waiter.go();
      return 0;
    }
    return 0;
  }

  /** Sleeps until then, or until nobody waits any more. */
  async #sleep(ms: number): Promise<void> {
    const alarm = new AbortController();
    this.#alarm = alarm;
    try {
      await this.#parts.clock.wait(ms, alarm.signal);
    } catch (error) {
      if (!alarm.signal.aborted) throw error;
    } finally {
      this.#alarm = undefined;
    }
  }

  /**
   * EC2's bucket is empty, so ours is; a pause that doubles each time, half of it by chance. Calls that were
   * on their way when the lane closed say nothing new.
   */
  #close(sentAtMs: number): void {
    const now = this.#parts.clock.elapsed();
    this.#level = emptyBucket(now);
    if (sentAtMs <= this.#closedAtMs) return;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#throttledInARow);
    this.#throttledInARow += 1;
    this.#closedAtMs = now;
    this.#closedUntilMs = now + pauseMs * (0.5 + this.#parts.random() / 2);
  }
}

function isThrottled(error: unknown): boolean {
  return Ec2CallError.is(error) && meaningOf(error).code === 'Throttled';
}
