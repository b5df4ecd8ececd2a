import type { Clock } from '../../identity/clock.ts';
import type { WriterLease } from './writer-lease.ts';

/** Until a lease that cannot be waited for is asked again, in milliseconds. */
const againMs = 1000;

interface StandBy {
  readonly lease: WriterLease;
  readonly clock: Pick<Clock, 'wait'>;
}

/** Until the lease is held, or the signal is aborted. Never rejects: what else ends a wait is told. */
export async function standBy(
  { lease, clock }: StandBy,
  signal: AbortSignal,
  tell: (error: unknown) => void,
): Promise<void> {
  try {
    await lease.whenHeld(signal);
  } catch (error) {
    if (signal.aborted) return;
    tell(error);
    await clock.wait(againMs, signal).catch(() => {});
  }
}
