import type { Endpoint } from '../datagram-port.ts';

/** What came of asking a STUN server. */
export type StunAnswer =
  | {
      readonly kind: 'mapped';
      /** XOR-MAPPED-ADDRESS: where the server saw the request come from. */
      readonly mapped: Endpoint;
      /** MAPPED-ADDRESS, where it was told too: somebody on the way who rewrites payloads changes only this. */
      readonly plainMapped: Endpoint | undefined;
      /** OTHER-ADDRESS: where the server can answer from instead (RFC 5780 section 7.4). */
      readonly otherAddress: Endpoint | undefined;
      readonly from: Endpoint;
      /** From the first request on: with repeats it is no round-trip time. */
      readonly elapsedMs: number;
    }
  /** ERROR-CODE, 300 to 699. */
  | {
      readonly kind: 'refused';
      readonly code: number;
      readonly reason: string;
      readonly unknownTypes: readonly number[];
    }
  /** An answer that says nothing of use. */
  | { readonly kind: 'unusable'; readonly why: string }
  | {
      readonly kind: 'silent';
      /** How often it was asked. */
      readonly requests: number;
      /** An answer with the right id that came from somewhere else: no proof of anything, but a trace. */
      readonly stray: StrayAnswer | undefined;
    }
  /** The system would not send it. */
  | { readonly kind: 'unsent'; readonly errno: string };

export interface StrayAnswer {
  readonly from: Endpoint;
  /** RESPONSE-ORIGIN: where its sender believes it sent it from. */
  readonly origin: Endpoint | undefined;
}
