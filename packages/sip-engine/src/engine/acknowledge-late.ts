import { silentSip } from '../dialog/compose.ts';
import { confirmDialog } from '../dialog/dialog.ts';
import { ackOf, type SentAck } from '../dialog/live-dialog.ts';
import { sendAck } from './client.ts';
import type { EngineContext, EngineDialog } from './context.ts';
import type { Received } from '../transaction/ports.ts';

/**
 * The ACK of a 2xx to an INVITE in a dialog that ends or is gone, or whose application is (13.2.2.4): the one that went out, or else one
 * of the engine's own, as nobody is left to say it.
 */
export function acknowledgeLate(
  context: EngineContext,
  live: EngineDialog,
  { response, essentials }: Received,
  sent: SentAck = live.ack,
): void {
  const { sequence } = essentials.cseq;
  const ack = ackOf(sent, sequence);
  if (ack !== undefined) context.gate.send(ack, () => undefined);
  else if (live.inviteSequence === sequence) {
    live.value = confirmDialog(live.value, response);
    sendAck(context, live, silentSip('ACK'));
  }
}
