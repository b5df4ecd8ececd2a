import type { Ipv4Address } from '../address.ts';
import type { CallEffect } from '../call/call-effect.ts';
import type { CallEvent } from '../call/call-event.ts';

/** A new call as it came from the network. */
export interface IncomingInvite {
  /** Call-ID and From tag: names the call towards the relay too. */
  readonly callId: string;
  /** Where the INVITE came from, as its socket saw it. */
  readonly source: Ipv4Address;
  readonly requestUri: string;
  /** undefined when there is no user part in From. */
  readonly fromUser: string | undefined;
  /** The display name in From, without its quotes. */
  readonly fromName: string | undefined;
  /** Header fields for B: those of `passHeaders` that the INVITE has. */
  readonly passed: Readonly<Record<string, string>>;
  readonly sdp: string | undefined;
  /** How long A waits for a final response, in milliseconds (RFC 3261, section 13.3.1.1); undefined when it does not say. */
  readonly expiresMs: number | undefined;
}

/** Whom to call for a call, and by which way. */
export interface Callee {
  /** Request-URI of the INVITE. */
  readonly uri: string;
  /** Where its host is: decides what the callee is told. */
  readonly address: Ipv4Address;
  /** A SIP URI with that address, where `uri` has a name. */
  readonly nextHop: string | undefined;
}

/** What a leg's peer did, and what became of the way to it. */
export type SignalEvent = Extract<
  CallEvent,
  {
    readonly kind:
      | 'cancel'
      | 'provisional'
      | 'answer'
      | 'failure'
      | 'ack'
      | 'answer-refused'
      | 'bye'
      | 're-invite'
      | 're-cancel'
      | 're-answer'
      | 're-failure'
      | 'signalling-lost'
      | 'told-untrue';
  }
>;

/** What the call machine wants said, and to whom B's INVITE goes. */
export type SignalAct =
  | Extract<
      CallEffect,
      {
        readonly kind:
          | 'ring-a'
          | 'answer-a'
          | 'refuse-a'
          | 'cancel-b'
          | 'ack-b'
          | 'bye'
          | 're-invite'
          | 'cancel-re-invite'
          | 'ack-re-invite'
          | 'answer-re-invite'
          | 'refuse-re-invite';
      }
    >
  | { readonly kind: 'invite-b'; readonly callee: Callee; readonly sdp: string | undefined };

/** Both legs of one call. */
export interface SignalledCall {
  readonly invite: IncomingInvite;
  onEvent(listener: (event: SignalEvent) => void): void;
  /** Never throws: what goes wrong comes back as an event. */
  perform(act: SignalAct): void;
  /** The call is over; nothing of it is heard any more. */
  forget(): void;
}

/** Port: SIP dialogs. Real: adapters/drachtio. */
export interface Signalling {
  /** The one who takes new calls. */
  onCall(listener: (call: SignalledCall) => void): void;
  /** Whoever asks by OPTIONS whether we take calls is told 503 from now on. */
  drain(): void;
}
