import type { LegName } from '../media/media-relay.ts';

/** Set by an effect, comes back as an event. `setup`: nobody answered. `ack`: A never acknowledged. `re-invite`: no answer to ours. `drain`: B never ended what we cancelled. */
export type CallTimer = 'setup' | 'ack' | 're-invite' | 'drain';

/** A final response that refuses. */
export interface Refusal {
  readonly status: number;
  /** What its Warning says. */
  readonly warning?: string | undefined;
}

/** What happens to a call. A fork is a dialog of B, by its To tag (RFC 3261, section 12). */
export type CallEvent =
  /** A calls. */
  | { readonly kind: 'invite'; readonly sdp: string | undefined }
  /** A gave up; its INVITE has been answered with 487 by the transaction layer. */
  | { readonly kind: 'cancel' }
  | {
      readonly kind: 'provisional';
      readonly fork: string;
      readonly status: number;
      readonly sdp: string | undefined;
    }
  /** A 2xx of B to our INVITE. */
  | { readonly kind: 'answer'; readonly fork: string; readonly sdp: string | undefined }
  /** The final response of B that is no 2xx; 408 when none came. */
  | { readonly kind: 'failure'; readonly status: number }
  /** The ACK of a leg to our 2xx; with the answer where that 2xx held the offer (RFC 3261, section 13.2.2.4). */
  | { readonly kind: 'ack'; readonly from: LegName; readonly sdp: string | undefined }
  /** Our 200 to A could not be sent: A's INVITE was over, or the SIP server would not say it. */
  | { readonly kind: 'answer-refused' }
  | { readonly kind: 'bye'; readonly from: LegName }
  /** A re-INVITE of one leg; `id` names it in the reply. */
  | {
      readonly kind: 're-invite';
      readonly from: LegName;
      readonly id: string;
      readonly sdp: string | undefined;
    }
  /** Whoever sent it gave its re-INVITE up; it has been answered with 487 by the transaction layer. */
  | { readonly kind: 're-cancel'; readonly from: LegName; readonly id: string }
  /** The other leg took our re-INVITE with a 2xx. */
  | { readonly kind: 're-answer'; readonly sdp: string | undefined }
  /** The other leg refused our re-INVITE. */
  | { readonly kind: 're-failure'; readonly status: number }
  /** The relay took a turn: what the other leg is to be told. */
  | { readonly kind: 'relay-done'; readonly turn: number; readonly sdp: string }
  | ({ readonly kind: 'relay-refused'; readonly turn: number } & Refusal)
  | { readonly kind: 'media-timed-out' }
  | { readonly kind: 'relay-failed' }
  /** The connection to the SIP server is gone: nothing more is heard of this call. */
  | { readonly kind: 'signalling-lost' }
  /** The SIP server sent something that names another address than this peer must be told. */
  | { readonly kind: 'told-untrue' }
  /** A waits no longer: what its INVITE gave us is over (RFC 3261, section 13.3.1.1). */
  | { readonly kind: 'expired' }
  /** The gateway stops. */
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'timer'; readonly timer: CallTimer };
