import { NetlinkError } from './errors.ts';
import type { Outcome } from './errors.ts';
import type { Exchange } from './exchange.ts';

/** How long a call may take. */
export interface CallOptions {
  /** Ends the wait with `EABORTED`. */
  readonly signal?: AbortSignal;
  /** Ends the wait with `EDEADLINE` this long after the call; milliseconds. */
  readonly deadlineMs?: number;
}

/** The end of somebody's patience: what they wait for then is given up. */
export class Limit {
  readonly #options: CallOptions;
  readonly #giveUp: () => void;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #isLate = false;

  /** @param giveUp called once, unless `lift` was called before. */
  constructor(options: CallOptions, giveUp: () => void) {
    const { signal, deadlineMs } = options;
    this.#options = options;
    this.#giveUp = giveUp;
    signal?.addEventListener('abort', giveUp, { once: true });
    if (deadlineMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      giveUp();
    }, deadlineMs);
  }

  get isOver(): boolean {
    return this.#isLate || this.#options.signal?.aborted === true;
  }

  /** All was done in time. */
  lift(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#giveUp);
  }

  error({ describe }: Pick<Exchange, 'describe'>, outcome: Outcome): NetlinkError {
    const what = this.#isLate
      ? `${String(this.#options.deadlineMs)} ms were over`
      : 'it was aborted';
    const end = outcome === 'not-sent' ? 'before it was sent' : 'before the kernel answered';
    return new NetlinkError(`${describe()}: ${what} ${end}`, {
      code: this.#isLate ? 'EDEADLINE' : 'EABORTED',
      errno: 0,
      outcome,
      cause: this.#isLate ? undefined : this.#options.signal?.reason,
    });
  }
}
