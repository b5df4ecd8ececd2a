import { credentialsOf, dialogOfUac } from '../dialog/dialog.ts';
import { LiveDialog } from '../dialog/live-dialog.ts';
import type { EngineContext, EngineDialog } from './context.ts';
import type { SipRequest } from '../message/message.ts';
import type { Received } from '../transaction/ports.ts';
import type { SendPath } from '../transport/send-path.ts';
import type { AppConnection } from '../wire/app-connection.ts';

/** Whose INVITE it is, and where it went. */
interface Sender {
  readonly app: AppConnection | undefined;
  readonly path: SendPath;
}

/** The dialog that a response to this INVITE of ours makes (12.1.2), early or confirmed, filed from now on. */
export function openUacDialog(
  { dialogs }: EngineContext,
  invite: SipRequest,
  { response, essentials }: Pick<Received, 'response' | 'essentials'>,
  { app, path }: Sender,
): EngineDialog {
  const value = dialogOfUac(invite, response, essentials);
  const live: EngineDialog = new LiveDialog(value, app, path);
  live.inviteSequence = value.localSequence;
  live.ackCredentials = credentialsOf(invite);
  dialogs.add(live);
  return live;
}
