import type { EngineContext, EngineDialog } from './context.ts';
import { endUnasked } from './end-unasked.ts';
import type { Pending } from './pending.ts';
import type { Cleared } from '../guard/send-gate.ts';
import type { SipResponse } from '../message/message.ts';

/** 13.3.1.4: our 2xx to an INVITE is repeated until its ACK comes; without one a BYE ends the call. */
export function awaitAck(
  context: EngineContext,
  { id, transaction }: Pending,
  live: EngineDialog,
  success: Cleared<SipResponse>,
): void {
  const { sequence } = transaction.inbound.essentials.cseq;
  live.acceptedId = id;
  live.accept(context.clock, context.timing, sequence, {
    repeat: () => transaction.respond(success),
    giveUp: () => endUnasked(context, live, 'ACK timeout'),
  });
}
