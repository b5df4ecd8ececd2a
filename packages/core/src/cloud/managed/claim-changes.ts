import type { Clock } from '../../identity/clock.ts';
import type { ClaimKey } from './claim.ts';
import type { ClaimStore } from './claim-store.ts';

/** Changes of claims, one after the other; none between two calls of `next` is missed. */
export interface ClaimChanges {
  /** Resolves at the next change, be it that it was before the call, or after that time. Rejects when aborted. */
  next(atMostMs: number, signal?: AbortSignal): Promise<void>;
  /** As if something had changed. */
  wake(): void;
  close(): void;
}

/** Why a wait ended before its time; nobody sees it. One for all: the default is made with a stack for each. */
const over: Error = new Error('what was waited for has come');

/** Follows one claim, or all of them. */
export function followClaims(
  store: ClaimStore,
  clock: Pick<Clock, 'wait'>,
  only?: ClaimKey,
): ClaimChanges {
  let changed = Promise.withResolvers<void>();
  const watch = store.watch(() => changed.resolve(), only);
  return {
    next: async (atMostMs, signal) => {
      signal?.throwIfAborted();
      const ended = new AbortController();
      const abort = (): void => ended.abort(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const waited = clock.wait(atMostMs, ended.signal);
      try {
        await Promise.race([changed.promise, waited]);
        signal?.throwIfAborted();
      } finally {
        signal?.removeEventListener('abort', abort);
        ended.abort(over);
        await waited.catch(() => {});
        changed = Promise.withResolvers();
      }
    },
    wake: () => changed.resolve(),
    close: () => watch.close(),
  };
}
