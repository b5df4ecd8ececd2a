import { appToTag, composeResponse, withMovedContact } from '../dialog/compose.ts';
import { movedContact } from '../dialog/dialog.ts';
import { oursOn, type EngineContext } from './context.ts';
import type { Pending } from './pending.ts';
import type { Provisional } from './reliable.ts';
import { withSessionAnswer } from './session.ts';
import type { SipResponse } from '../message/message.ts';

/** What an application answers with. */
export interface Answer extends Provisional {
  readonly status: number;
  readonly reason: string;
}

/** The response as its peer is to get it: our Contact by its path, the dialog's tag, what its session needs. */
export function composeAnswer(
  context: EngineContext,
  pending: Pending,
  { sip, rseq, status, reason }: Answer,
): SipResponse {
  const { transaction, live, isInDialog } = pending;
  const { message, back } = transaction.inbound;
  const { path } = back;
  const ours = oursOn(path);
  if (!isInDialog) pending.toTag = appToTag(sip) ?? pending.toTag;
  const shown = live?.value.localContact;
  const contact =
    live === undefined
      ? `<sip:${ours}>`
      : movedContact(live.value.localContact, live.path.advertised, path.advertised);
  const moved = shown === undefined ? sip : withMovedContact(sip, shown, contact);
  const own = { toTag: pending.toTag, contact, ours, rseq };
  const answer = { status, reason };
  const whole = withSessionAnswer(context, { live, request: message, sip: moved }, answer);
  return composeResponse(message, whole, answer, own);
}
