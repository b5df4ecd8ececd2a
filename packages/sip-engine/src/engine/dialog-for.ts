import { acknowledged } from '../dialog/heard-provisionals.ts';
import { parseRack } from '../dialog/rack.ts';
import type { EngineContext, EngineDialog } from './context.ts';
import { valueOf } from '../message/header-list.ts';
import type { AppCommand, AppConnection } from '../wire/app-connection.ts';

/** The dialog that a request of an application is for: by its name, or by the Call-ID of a call that it has. */
export function dialogFor(
  { dialogs }: EngineContext,
  app: AppConnection,
  { dialogId, sip }: AppCommand,
  method: string,
): EngineDialog | undefined {
  if (dialogId === undefined) {
    const callId = valueOf(sip, 'call-id');
    return callId === undefined ? undefined : dialogs.ofCall(callId, app);
  }
  const rack = method === 'PRACK' ? parseRack(valueOf(sip, 'rack')) : undefined;
  // forks share one name: it is the one whose response is acknowledged
  const heard = rack === undefined ? undefined : dialogs.heardBy(dialogId, rack);
  if (rack === undefined || heard === undefined) return dialogs.named(dialogId);
  heard.heard = acknowledged(heard.heard, rack);
  return heard;
}
