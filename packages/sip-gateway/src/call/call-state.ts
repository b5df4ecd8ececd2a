import type { LegName } from '../media/media-relay.ts';
import type { CallEffect, EndCause } from './call-effect.ts';
import type { CallTimer } from './call-event.ts';

/** What a turn of the relay is for. */
export type TurnPurpose =
  | { readonly kind: 'offer' }
  | { readonly kind: 'early'; readonly fork: string; readonly status: number }
  | { readonly kind: 'final' }
  /** B's offer in its 2xx, and A's answer in its ACK. */
  | { readonly kind: 'late-offer' }
  | { readonly kind: 'late-answer' }
  | { readonly kind: 're-offer' }
  | { readonly kind: 're-answer' };

/** What is open, whatever state the call is in. */
export interface Call {
  /** `invited`: its INVITE waits for our final response; `answered`: our 200 waits for its ACK. */
  readonly a: 'invited' | 'answered' | 'confirmed' | 'closed';
  /** `cancelling`: cancelled, its final response is still to come; `answered`: its 2xx waits for our ACK. */
  readonly b: 'none' | 'inviting' | 'cancelling' | 'answered' | 'confirmed' | 'closed';
  /** Whose the first offer is: A's in its INVITE, or else B's in its 2xx (RFC 3261, section 13.2.1). */
  readonly offerer: LegName;
  /** The dialog of B that the call is with. */
  readonly fork: string | undefined;
  /** Forks of B that answered too late and were hung up. */
  readonly late: ReadonlySet<string>;
  /** Whether the relay was ever asked. */
  readonly relayed: boolean;
  readonly timers: readonly CallTimer[];
  /** Turns that the relay has not answered. */
  readonly turns: ReadonlyMap<number, TurnPurpose>;
  readonly turnCount: number;
  /** The session description of each fork of B that described one before it answered; the relay is with the last one. */
  readonly early: ReadonlyMap<string, string>;
}

/**
 * A re-INVITE on its way from one leg to the other. With an offer: `relay-offer`, `other-leg`, `relay-answer`. Without
 * one, the offer is the other leg's: `other-leg`, `relay-offer`, `ack` (the answer comes in there), `relay-answer`.
 */
export interface ReOffer {
  readonly id: string;
  readonly from: LegName;
  readonly offerer: 'this-leg' | 'other-leg';
  /** Given up by who sent it: it needs no answer any more. */
  readonly isCancelled: boolean;
  readonly phase: 'relay-offer' | 'other-leg' | 'ack' | 'relay-answer';
}

export type CallState =
  | { readonly kind: 'idle' }
  /** A called; B has said nothing yet. */
  | { readonly kind: 'offering'; readonly call: Call }
  /** A fork of B rings or more. */
  | { readonly kind: 'early'; readonly call: Call }
  /** B answered; A has not acknowledged yet. */
  | { readonly kind: 'answered'; readonly call: Call }
  | { readonly kind: 'confirmed'; readonly call: Call }
  | { readonly kind: 're-offering'; readonly call: Call; readonly reOffer: ReOffer }
  /** Over, but for what has still to come from a leg. */
  | { readonly kind: 'ending'; readonly call: Call; readonly cause: EndCause }
  | { readonly kind: 'ended'; readonly cause: EndCause };

export interface Transition {
  readonly state: CallState;
  readonly effects: readonly CallEffect[];
}

export const newCall: Call = {
  a: 'invited',
  b: 'none',
  offerer: 'a',
  fork: undefined,
  late: new Set(),
  relayed: false,
  timers: [],
  turns: new Map(),
  turnCount: 0,
  early: new Map(),
};
