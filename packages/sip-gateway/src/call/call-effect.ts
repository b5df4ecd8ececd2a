import type { LegName } from '../media/media-relay.ts';
import type { CallTimer, Refusal } from './call-event.ts';

/** What is to be done, in this order, one queue for each call. */
export type CallEffect =
  /** A 1xx to A; each fork of B is a dialog of its own there too. */
  | {
      readonly kind: 'ring-a';
      readonly fork: string;
      readonly status: number;
      readonly sdp: string | undefined;
    }
  /** The 200 to A's INVITE, in the dialog that stands for this fork of B. */
  | { readonly kind: 'answer-a'; readonly fork: string; readonly sdp: string }
  /** The final response to A's INVITE when there is no call. */
  | ({ readonly kind: 'refuse-a' } & Refusal)
  /** Without a description when A offered none: the offer is B's then. */
  | { readonly kind: 'invite-b'; readonly sdp: string | undefined }
  | { readonly kind: 'cancel-b' }
  /** With the answer where B's 2xx held the offer. */
  | { readonly kind: 'ack-b'; readonly fork: string; readonly sdp: string | undefined }
  /** Ends a confirmed dialog; `fork` says which of B's. */
  | { readonly kind: 'bye'; readonly leg: LegName; readonly fork: string | undefined }
  | { readonly kind: 're-invite'; readonly leg: LegName; readonly sdp: string | undefined }
  /** Ours, which is not answered yet. */
  | { readonly kind: 'cancel-re-invite'; readonly leg: LegName }
  | { readonly kind: 'ack-re-invite'; readonly leg: LegName; readonly sdp: string | undefined }
  | {
      readonly kind: 'answer-re-invite';
      readonly leg: LegName;
      readonly id: string;
      readonly sdp: string;
    }
  | ({ readonly kind: 'refuse-re-invite'; readonly leg: LegName; readonly id: string } & Refusal)
  /** One offer or answer for the relay; comes back as relay-done or relay-refused with the same turn. */
  | {
      readonly kind: 'relay';
      readonly act: 'offer' | 'answer';
      readonly turn: number;
      readonly from: LegName;
      readonly sdp: string;
    }
  /** The last offer was not taken: media goes on as it was. */
  | { readonly kind: 'withdraw-offer' }
  | { readonly kind: 'release-relay' }
  | { readonly kind: 'start-timer'; readonly timer: CallTimer }
  | { readonly kind: 'stop-timer'; readonly timer: CallTimer }
  /** The last effect of every call. */
  | { readonly kind: 'ended'; readonly cause: EndCause };

/** Why a call is over: for the call record, not for the wire. */
export type EndCause =
  | 'refused'
  | 'cancelled'
  | 'failed'
  | 'no-answer'
  | 'no-ack'
  | 'hung-up'
  | 'media-timed-out'
  | 'relay-failed'
  | 're-offer-failed'
  | 'signalling-lost'
  | 'told-untrue'
  | 'shutdown';
