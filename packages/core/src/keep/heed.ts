/** Calls a listener. Its error, also one that comes later, is its own: it is said aloud, and ends nothing. */
export function heed(listen: () => unknown): void {
  try {
    const told = listen();
    if (told instanceof Promise) told.catch(sayAloud);
  } catch (error) {
    sayAloud(error);
  }
}

/** Says an error that no caller is left for. */
export function sayAloud(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
