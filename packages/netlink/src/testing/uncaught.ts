/** Collects what nobody caught, in place of the test runner, which takes it for a failure of the test; dispose it to end that. */
export function collectUncaught(): Disposable & { readonly messages: readonly string[] } {
  const others = process.listeners('uncaughtException');
  const messages: string[] = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => messages.push(message));
  return {
    messages,
    [Symbol.dispose]: () => {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    },
  };
}
