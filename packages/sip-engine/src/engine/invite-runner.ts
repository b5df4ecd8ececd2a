import {
  firstOutgoingInvite,
  outgoingInviteTransition,
  type OutgoingInviteEffect,
  type OutgoingInviteEvent,
  type OutgoingInviteState,
} from '../dialog/outgoing-invite.ts';
import type { EngineContext } from './context.ts';
import { MachineRunner } from '../transaction/machine-runner.ts';

export type InviteRunner = MachineRunner<
  OutgoingInviteState,
  OutgoingInviteEvent,
  OutgoingInviteEffect,
  'cancelled'
>;

/** The machine around one INVITE, held open. */
export function inviteRunner(
  { clock, timing }: EngineContext,
  carryOut: (effect: OutgoingInviteEffect) => void,
): InviteRunner {
  return new MachineRunner<
    OutgoingInviteState,
    OutgoingInviteEvent,
    OutgoingInviteEffect,
    'cancelled'
  >(
    clock,
    {
      transition: (state, event) => outgoingInviteTransition(state, event, timing.t1Ms),
      timerEvent: () => ({ kind: 'timer', timer: 'cancelled' }),
      carryOut,
    },
    firstOutgoingInvite,
    undefined,
  );
}
