import {
  firstOutgoingInvite,
  outgoingInviteTransition,
  type OutgoingInviteEffect,
  type OutgoingInviteEvent,
  type OutgoingInviteState,
} from '../dialog/outgoing-invite.ts';
import type { EngineContext } from './context.ts';
import { MachineRunner, type MachineParts } from '../transaction/machine-runner.ts';

/** Whose machine it is. */
interface InviteOwner {
  readonly context: EngineContext;
  carryOut(effect: OutgoingInviteEffect): void;
}

export type InviteRunner = MachineRunner<
  OutgoingInviteState,
  OutgoingInviteEvent,
  OutgoingInviteEffect,
  'cancelled',
  InviteOwner
>;

const parts: MachineParts<
  OutgoingInviteState,
  OutgoingInviteEvent,
  OutgoingInviteEffect,
  'cancelled',
  InviteOwner
> = {
  transition: (state, event, { context }) =>
    outgoingInviteTransition(state, event, context.timing.t1Ms),
  timerEvent: () => ({ kind: 'timer', timer: 'cancelled' }),
  carryOut: (effect, owner) => owner.carryOut(effect),
};

/** The machine around one INVITE, held open. */
export function inviteRunner(owner: InviteOwner): InviteRunner {
  return new MachineRunner<
    OutgoingInviteState,
    OutgoingInviteEvent,
    OutgoingInviteEffect,
    'cancelled',
    InviteOwner
  >(owner.context.clock, parts, firstOutgoingInvite, owner);
}
