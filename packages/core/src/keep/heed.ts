/** Calls a listener. Its error is its own: it is said aloud, and ends nothing. */
export function heed(listen: () => void): void {
  try {
    listen();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
