import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { addAbortSignal } from 'node:stream';

const signals = new AsyncLocalStorage<AbortSignal>();
subscribe('http.client.request.start', (message) => {
  const signal = signals.getStore();
  if (signal !== undefined) addAbortSignal(signal, (message as { request: ClientRequest }).request);
});

/**
 * Ends every HTTP request that `act` makes, with its connection, as soon as the signal aborts. For the SDK's to a Pod Identity agent, which
 * it gives no limit of time and takes no signal for.
 */
export function requestsEndWith<Answer>(signal: AbortSignal, act: () => Answer): Answer {
  return signals.run(signal, act);
}
