import type { LegName } from '../media/media-relay.ts';
import type { CallEffect } from './call-effect.ts';
import type { CallTimer } from './call-event.ts';
import type { Call, TurnPurpose } from './call-state.ts';

/** A call while one transition is worked out: what it becomes, and what is to be done. Nobody else sees it. */
export interface CallDraft {
  call: Call;
  readonly effects: CallEffect[];
}

export function draftOf(call: Call): CallDraft {
  return { call, effects: [] };
}

export function change(draft: CallDraft, changes: Partial<Call>): void {
  draft.call = { ...draft.call, ...changes };
}

export function startTimer(draft: CallDraft, timer: CallTimer): void {
  change(draft, { timers: [...draft.call.timers, timer] });
  draft.effects.push({ kind: 'start-timer', timer });
}

/** Stops a timer that runs; nothing otherwise. */
export function stopTimer(draft: CallDraft, timer: CallTimer): void {
  if (!draft.call.timers.includes(timer)) return;
  change(draft, { timers: draft.call.timers.filter((each) => each !== timer) });
  draft.effects.push({ kind: 'stop-timer', timer });
}

/** Hands the relay an offer or an answer. */
export function askRelay(
  draft: CallDraft,
  purpose: TurnPurpose,
  { from, sdp }: { readonly from: LegName; readonly sdp: string },
): void {
  const turn = draft.call.turnCount + 1;
  change(draft, {
    relayed: true,
    turnCount: turn,
    turns: new Map([...draft.call.turns, [turn, purpose]]),
  });
  const { kind } = purpose;
  const isOffer = kind === 'offer' || kind === 'late-offer' || kind === 're-offer';
  const act = isOffer ? 'offer' : 'answer';
  draft.effects.push({ kind: 'relay', act, turn, from, sdp });
}

/** Takes note that the relay answered a turn, and says what the turn was for. */
export function takeTurn(draft: CallDraft, turn: number): TurnPurpose | undefined {
  const turns = new Map(draft.call.turns);
  const purpose = turns.get(turn);
  turns.delete(turn);
  change(draft, { turns });
  return purpose;
}
