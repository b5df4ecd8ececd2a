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
      const until = new AbortController();
      const stopped = Promise.withResolvers<never>();
      const stop = (why: unknown): void => {
        until.abort(why);
        stopped.reject(why);
      };
      const limit = setTimeout(() => {
        stop(new Error(`no list of live pods within ${timeoutMs} ms`));
      }, timeoutMs).unref();
      const abort = (): void => stop(signal?.reason);
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([stopped.promise, live.livePods({ signal: until.signal })]);
      } finally {
        clearTimeout(limit);
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
