import { endByItself } from './client.ts';
import { wireSip, type EngineContext, type EngineDialog } from './context.ts';
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
    giveUp: () => {
      const { app, name } = live;
      const peer = { tuple: live.path.transport.localAddress };
      endByItself(context, live, 'ACK timeout', (bye) => {
        const sent = wireSip(bye, peer, { transactionId: 'unsolicited', dialogId: name });
        app?.tell({ kind: 'unsolicited', sent });
      });
    },
  });
}
