import type { EngineContext, EngineDialog } from './context.ts';
import { endUnasked } from './end-unasked.ts';

/** The requests of the INVITE usage (RFC 5057): a NOTIFY or REFER that is answered so ends a subscription, not the call. */
const ofTheCall = new Set(['INVITE', 'UPDATE', 'INFO']);

/** How long an application has to end the call by itself, which drachtio-server leaves to it altogether. */
const ownEndMs = 5_000;

/**
 * RFC 3261 12.2.1.2: a call whose peer no longer knows it, or does not answer, is over, also where its application does nothing about it.
 * A success to a later request shows that it is not.
 * @param status final, of the answer to a request of the application in this dialog
 */
export function doubtCall(
  context: EngineContext,
  live: EngineDialog,
  { method, status }: { readonly method: string; readonly status: number },
): void {
  if (!ofTheCall.has(method) || live.value.state !== 'confirmed') return;
  if (status >= 200 && status < 300) live.stopDoubting();
  if ((status !== 408 && status !== 481) || !context.dialogs.has(live)) return;
  // a caller that has not got our 2xx yet knows no dialog, and one that is gone sends no ACK: that ends the call, too
  if (live.isAwaitingAck) return;
  live.doubt(context.clock, ownEndMs, () => {
    if (!live.isEnding) endUnasked(context, live, `${method} got ${status}`);
  });
}
