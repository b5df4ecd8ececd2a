const waiting: WeakMap<AbortSignal, Set<() => void>> = new WeakMap();

/**
 * Calls back once a signal is aborted, unless what it answers is called before. One listener a signal: a process makes its
 * calls by the hundred with the same one, and a listener costs more than the call.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const known = waiting.get(signal);
  const acts = known ?? new Set();
  acts.add(act);
  if (known === undefined) {
    waiting.set(signal, acts);
    signal.addEventListener('abort', () => acts.forEach((one) => one()), { once: true });
  }
  return () => acts.delete(act);
}
