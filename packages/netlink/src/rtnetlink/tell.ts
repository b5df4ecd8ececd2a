/**
 * Calls a listener. What it throws becomes an uncaught exception, as of any listener of Node's, and not
 * the end of what is being told.
 */
export function tell<T>(listener: (event: T) => void, event: T): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
