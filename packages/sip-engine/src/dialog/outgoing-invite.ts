/**
 * What a UAC does around one INVITE: when a CANCEL may go out (RFC 3261 section 9.1), what becomes of a 2xx that crosses
 * it (15 and 13.2.2.4), and of the 2xx of further forks.
 */
export type OutgoingInviteState =
  /** No response yet: a CANCEL would race the INVITE and has to wait. */
  | { readonly kind: 'calling'; readonly isCancelWanted: boolean }
  | { readonly kind: 'proceeding' }
  /** CANCEL is out, or its dialog is over: the final response is awaited for 64*T1 at most. */
  | { readonly kind: 'cancelling' }
  /** A 2xx came: the dialog with this tag is the application's. */
  | { readonly kind: 'answered'; readonly toTag: string }
  /** Refused, timed out or cancelled: a 2xx that still comes is acknowledged and ended. */
  | { readonly kind: 'over' };

export type OutgoingInviteEvent =
  | { readonly kind: 'cancel' }
  /** The dialog that it was sent in is over: its peer owes it a final response (15.1.2), and may never send one. */
  | { readonly kind: 'dialog-ended' }
  | { readonly kind: 'provisional' }
  | { readonly kind: 'success'; readonly toTag: string }
  /** A final response of 300 and above, or none that the network could bring. */
  | { readonly kind: 'failure' }
  | { readonly kind: 'timer'; readonly timer: 'cancelled' }
  /** It rings for longer than the limit. */
  | { readonly kind: 'rings-too-long' };

export type OutgoingInviteEffect =
  /** The response of this event is the application's. */
  | { readonly kind: 'deliver' }
  | { readonly kind: 'send-cancel' }
  /** The application asked for the end, so it hears 487, not the 2xx that crossed. */
  | { readonly kind: 'tell-cancelled' }
  /** ACK, then BYE: a 2xx that nobody wants. */
  | { readonly kind: 'accept-and-end' }
  /** The same 2xx again: the cached ACK again, if there was one. */
  | { readonly kind: 'repeat-ack' }
  | { readonly kind: 'abandon' };

type TimerEffect =
  | { readonly kind: 'set-timer'; readonly timer: 'cancelled'; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: 'cancelled' };

export interface OutgoingInviteStep {
  readonly state: OutgoingInviteState;
  readonly effects: readonly (OutgoingInviteEffect | TimerEffect)[];
}

/**
 * How many forks of one INVITE have early dialogs, and how many of those that nobody wants get an ACK and a BYE: a callee could
 * invent any number.
 */
export const forksPerInvite = 16;

export const firstOutgoingInvite: OutgoingInviteState = { kind: 'calling', isCancelWanted: false };

/** Whether neither a 2xx nor the end has come. */
export function isUndecided({ kind }: OutgoingInviteState): boolean {
  return kind !== 'answered' && kind !== 'over';
}

const stopTimer: TimerEffect = { kind: 'cancel-timer', timer: 'cancelled' };

/** @param t1Ms T1; a cancelled INVITE is abandoned 64*T1 after the CANCEL (9.1), or after the end of its dialog */
export function outgoingInviteTransition(
  state: OutgoingInviteState,
  event: OutgoingInviteEvent,
  t1Ms: number,
): OutgoingInviteStep {
  switch (state.kind) {
    case 'calling':
      return calling(state, event, t1Ms);
    case 'proceeding':
      return proceeding(state, event, t1Ms);
    case 'cancelling':
      return cancelling(state, event);
    case 'answered':
      return answered(state, event);
    case 'over':
      return event.kind === 'success'
        ? { state, effects: [{ kind: 'accept-and-end' }] }
        : { state, effects: [] };
    default:
      return state satisfies never;
  }
}

function calling(
  state: Extract<OutgoingInviteState, { kind: 'calling' }>,
  event: OutgoingInviteEvent,
  t1Ms: number,
): OutgoingInviteStep {
  switch (event.kind) {
    case 'cancel':
    case 'dialog-ended':
      return { state: { kind: 'calling', isCancelWanted: true }, effects: [] };
    case 'provisional':
      return state.isCancelWanted
        ? startCancelling(t1Ms)
        : { state: { kind: 'proceeding' }, effects: [{ kind: 'deliver' }] };
    case 'success':
      return state.isCancelWanted ? crossed() : accept(event.toTag);
    case 'failure':
      return { state: { kind: 'over' }, effects: [{ kind: 'deliver' }] };
    case 'timer':
    case 'rings-too-long':
      return { state, effects: [] };
    default:
      return event satisfies never;
  }
}

function proceeding(
  state: Extract<OutgoingInviteState, { kind: 'proceeding' }>,
  event: OutgoingInviteEvent,
  t1Ms: number,
): OutgoingInviteStep {
  switch (event.kind) {
    case 'cancel':
    case 'rings-too-long':
      return startCancelling(t1Ms);
    case 'dialog-ended':
      // the BYE has said it: only the wait is bounded
      return { state: { kind: 'cancelling' }, effects: [startTimer(t1Ms)] };
    case 'provisional':
      return { state, effects: [{ kind: 'deliver' }] };
    case 'success':
      return accept(event.toTag);
    case 'failure':
      return { state: { kind: 'over' }, effects: [{ kind: 'deliver' }] };
    case 'timer':
      return { state, effects: [] };
    default:
      return event satisfies never;
  }
}

function cancelling(
  state: Extract<OutgoingInviteState, { kind: 'cancelling' }>,
  event: OutgoingInviteEvent,
): OutgoingInviteStep {
  switch (event.kind) {
    case 'success':
      return crossed();
    case 'failure':
      return { state: { kind: 'over' }, effects: [stopTimer, { kind: 'deliver' }] };
    case 'timer':
      return {
        state: { kind: 'over' },
        effects: [{ kind: 'tell-cancelled' }, { kind: 'abandon' }],
      };
    case 'cancel':
    case 'dialog-ended':
    case 'provisional':
    case 'rings-too-long':
      return { state, effects: [] };
    default:
      return event satisfies never;
  }
}

/** 13.2.2.4: every 2xx of another fork is a dialog of its own; this user wants one, the first. */
function answered(
  state: Extract<OutgoingInviteState, { kind: 'answered' }>,
  event: OutgoingInviteEvent,
): OutgoingInviteStep {
  if (event.kind !== 'success') return { state, effects: [] };
  return event.toTag === state.toTag
    ? { state, effects: [{ kind: 'repeat-ack' }] }
    : { state, effects: [{ kind: 'accept-and-end' }] };
}

function startCancelling(t1Ms: number): OutgoingInviteStep {
  return {
    state: { kind: 'cancelling' },
    effects: [{ kind: 'send-cancel' }, startTimer(t1Ms)],
  };
}

function startTimer(t1Ms: number): TimerEffect {
  return { kind: 'set-timer', timer: 'cancelled', afterMs: 64 * t1Ms };
}

function accept(toTag: string): OutgoingInviteStep {
  return { state: { kind: 'answered', toTag }, effects: [{ kind: 'deliver' }] };
}

function crossed(): OutgoingInviteStep {
  return {
    state: { kind: 'over' },
    effects: [stopTimer, { kind: 'accept-and-end' }, { kind: 'tell-cancelled' }],
  };
}
