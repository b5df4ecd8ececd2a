import type { EndCause } from './call/call-effect.ts';
import type { PeerClass } from './call/peer-class.ts';
import type { MediaEvent } from './media/media-relay.ts';

/** What a gateway tells its owner while it runs: for logs and metrics. Times are of the gateway's clock. */
export type GatewayEvent =
  /** A call was taken up; `callee` is the class of whom it goes to. */
  | {
      readonly kind: 'call-started';
      readonly callId: string;
      readonly caller: PeerClass;
      readonly callee: PeerClass;
    }
  /** A was refused before B was called. */
  | { readonly kind: 'call-refused'; readonly callId: string; readonly status: number }
  /** A session description of one leg was refused, by the gateway or by its relay; what became of the call is told besides. */
  | { readonly kind: 'media-refused'; readonly callId: string; readonly because: string }
  /** A was sent the 200; `setupMs` after its INVITE. */
  | { readonly kind: 'call-answered'; readonly callId: string; readonly setupMs: number }
  /** Over, its media released; `lastedMs` after the INVITE. The classes are those that it was started with. */
  | {
      readonly kind: 'call-ended';
      readonly callId: string;
      readonly caller: PeerClass;
      readonly callee: PeerClass;
      readonly cause: EndCause;
      readonly lastedMs: number;
    }
  /** The connection to the SIP server is gone, and every call with it; it is made again. */
  | { readonly kind: 'signalling-lost' }
  /** A drachtio-server came back that tells other addresses than ours: it gets no calls. */
  | { readonly kind: 'signalling-refused'; readonly because: string }
  /** As the embedded relay says it: its thread gave its realtime priority back, or has it again. */
  | Extract<MediaEvent, { readonly kind: 'realtime-budget' }>
  | { readonly kind: 'relay-failed'; readonly because: string };

/** What must never be: a person has to look. */
export type GatewayAlarm =
  /**
   * drachtio-server sent something that names another address than its receiver must be told. The call was ended.
   */
  | {
      readonly kind: 'told-untrue';
      /** Dialog or Call-ID. */
      readonly callId: string;
      /** Method, or status and method. */
      readonly message: string;
      /** Which rule: via, contact, connection... */
      readonly row: string;
      readonly where: string;
      readonly told: string;
      readonly wanted: string;
    }
  /** The SIP server of this process was to send such a message, and did not, or not so. */
  | {
      readonly kind: 'send-refused';
      readonly callId: string;
      readonly message: string;
      /** What became of it: GuardAction of sip-engine. */
      readonly action: string;
      readonly row: string;
      readonly where: string;
      readonly told: string;
      readonly wanted: string;
    }
  /** drachtio-server made of a message something that we cannot read. */
  | { readonly kind: 'echo-unreadable'; readonly because: string };
