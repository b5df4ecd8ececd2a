import type { OutgoingInviteState } from '../dialog/outgoing-invite.ts';
import type { EngineDialog } from './context.ts';
import type { SipResponse } from '../message/message.ts';
import type { Received } from '../transaction/ports.ts';

/** What an INVITE of an application is about: a new call, or the dialog that it is sent in. */
export interface InviteSubject {
  readonly id: string;
  /** The dialog's name, known from the first tag on. */
  readonly name: string;
  readonly base: EngineDialog | undefined;
}

/** What came, or what the engine says in place of it. */
export type InviteAnswer =
  | Received
  | {
      readonly response: SipResponse;
      readonly essentials: undefined;
      readonly verbatim: undefined;
    };

/** Whether it needs no CANCEL that its first response would have to come before (9.1): a BYE ends what is sent in a dialog. */
export function isHeard({
  state,
  subject,
}: {
  readonly state: OutgoingInviteState;
  readonly subject: InviteSubject;
}): boolean {
  return state.kind !== 'calling' || subject.base !== undefined;
}
