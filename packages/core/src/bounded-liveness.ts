import type { Liveness } from './cloud/liveness.ts';

/** How long a list of live pods is waited for, in milliseconds, unless somebody says otherwise. */
export const livePodsTimeoutMs = 30_000;

/**
 * A Liveness whose list comes in time or not at all, also when the one beneath never settles. Real time, since it bounds
 * what another process does; an abort of the call's own signal ends the wait as well.
 */
export function boundedLiveness(live: Liveness, timeoutMs: number = livePodsTimeoutMs): Liveness {
  return {
    livePods: async ({ signal } = {}) => {
      const limit = AbortSignal.timeout(timeoutMs);
      const until = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      const stopped = Promise.withResolvers<never>();
      const stop = (): void =>
        stopped.reject(
          limit.aborted ? new Error(`no list of live pods within ${timeoutMs} ms`) : until.reason,
        );
      if (until.aborted) stop();
      until.addEventListener('abort', stop, { once: true });
      try {
        return await Promise.race([stopped.promise, live.livePods({ signal: until })]);
      } finally {
        until.removeEventListener('abort', stop);
      }
    },
  };
}
