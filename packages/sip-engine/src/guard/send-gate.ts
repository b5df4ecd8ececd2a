import type { SipMessage, SipResponse } from '../message/message.ts';
import type { Way } from '../transport/send-path.ts';
import type { Tuple } from '../transport/tuple.ts';
import type { GuardAction } from './after-findings.ts';
import type { GuardFinding } from './finding.ts';

declare const passed: unique symbol;

/** Bytes that passed the guard, and where they go. */
export interface Sendable {
  readonly [passed]: true;
  readonly bytes: Uint8Array;
  readonly way: Way;
}

/** A message that passed the guard, as the bytes that go out: only a gate makes one, and only these can be sent. */
export interface Cleared<M extends SipMessage = SipMessage> extends Sendable {
  readonly message: M;
}

/** What is kept to send it again: a message as it was parsed or composed takes ten times the room of its bytes. */
export function withoutMessage({ bytes, way }: Sendable): Sendable {
  return { bytes, way } as unknown as Sendable;
}

/** What the guard had against a message, and what was done. */
export interface GuardRefusal {
  readonly action: GuardAction;
  /** Such as "INVITE" or "200 INVITE". */
  readonly what: string;
  readonly callId: string;
  readonly destination: Tuple;
  /** One at least. */
  readonly findings: readonly GuardFinding[];
}

export type Clearance<M extends SipMessage> =
  /** Send it; with a refusal it has lost what was found. */
  | {
      readonly kind: 'cleared';
      readonly cleared: Cleared<M>;
      readonly refusal: GuardRefusal | undefined;
    }
  /** Send the failure instead, where there is one. */
  | {
      readonly kind: 'refused';
      readonly instead: Cleared<SipResponse> | undefined;
      readonly refusal: GuardRefusal;
    };

/** Why bytes did not leave. */
export interface SendFailure {
  /** When the same may work. */
  readonly retry: 'now' | 'later' | 'never';
}

/** Port: the one way out of the engine. */
export interface SendGate {
  /**
   * Looks at a message as its peer will.
   * @param echoes Record-Route values of the request that a response answers
   */
  clear<M extends SipMessage>(message: M, way: Way, echoes?: readonly string[]): Clearance<M>;
  /** Sends it, now or again. */
  send(sendable: Sendable, onFailure: (failure: SendFailure) => void): void;
}
