import { silentSip } from '../dialog/compose.ts';
import type { SentAck } from '../dialog/live-dialog.ts';
import { forksPerInvite } from '../dialog/outgoing-invite.ts';
import { endByItself, sendAck } from './client.ts';
import type { EngineContext, EngineDialog } from './context.ts';
import type { Received } from '../transaction/ports.ts';

/** The 2xx to one INVITE that nobody wants: they crossed its CANCEL, or are of further forks (13.2.2.4). */
export class StrayAnswers {
  readonly #context: EngineContext;
  /** By To tag. */
  readonly #acks: Map<string, SentAck> = new Map<string, SentAck>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Repeats of the 2xx that belongs to this dialog get its ACK. */
  keep({ value, ack }: EngineDialog): void {
    this.#acks.set(value.remoteTag, ack);
  }

  /**
   * ACK, then BYE, at once; for a repeat the ACK again.
   * @param open makes the dialog of this 2xx
   */
  end({ essentials }: Received, open: () => EngineDialog): void {
    const tag = essentials.toTag ?? '';
    const known = this.#acks.get(tag);
    if (known?.last !== undefined) this.#context.gate.send(known.last, () => undefined);
    if (known !== undefined || this.#acks.size >= forksPerInvite) return;
    const live = open();
    this.keep(live);
    sendAck(this.#context, live, silentSip('ACK'), () => {
      // there was no way for it: tried again when the 2xx is
      if (!live.hasAcknowledged) this.#acks.delete(tag);
    });
    endByItself(this.#context, live, 'ACK-BYE due to cancel race condition');
  }
}
