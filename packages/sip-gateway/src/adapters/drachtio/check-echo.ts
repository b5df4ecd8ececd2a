import {
  guardFindings,
  parseMessage,
  type GuardedIdentity,
  type GuardFinding,
} from '@truetuple/sip-engine';
import type { Ipv4Address } from '../../address.ts';
import { dialogName } from '../../sip/message-mapping.ts';
import type { SentEcho } from './server-frames.ts';

/** What an echo shows. */
export type CheckedEcho =
  | { readonly kind: 'true' }
  | { readonly kind: 'unreadable'; readonly because: string }
  | {
      readonly kind: 'untrue';
      readonly callId: string;
      /** Names that the dialog of this message can have. */
      readonly dialogs: readonly string[];
      /** Method, or status and method. */
      readonly message: string;
      readonly finding: GuardFinding;
    };

export interface EchoKnowledge {
  /** Whom a dialog is with; undefined for one that is not ours. */
  readonly peerOf: (dialogs: readonly string[]) => Ipv4Address | undefined;
  /** What a peer must be told. */
  readonly identityFor: (peer: string) => GuardedIdentity;
}

/**
 * Holds what drachtio-server says it sent against what the peer must be told: it has a mind of its own about Via,
 * Contact and Record-Route, and what it sends has gone when we learn of it.
 */
export function checkEcho(echo: SentEcho, knowledge: EchoKnowledge): CheckedEcho {
  const parsed = parseMessage(echo.sip);
  if (parsed.kind !== 'message') {
    const because = parsed.kind === 'refused' ? parsed.reason : `it is ${parsed.kind}`;
    return { kind: 'unreadable', because };
  }
  const { message, essentials } = parsed;
  const { callId, fromTag, toTag, cseq } = essentials;
  const dialogs = [fromTag, toTag].flatMap((tag) =>
    tag === undefined ? [] : [dialogName(callId, tag)],
  );
  const peer = knowledge.peerOf(dialogs) ?? echo.address;
  const [finding] = guardFindings(message, knowledge.identityFor(peer));
  if (finding === undefined) return { kind: 'true' };
  const { method } = cseq;
  const shown = message.kind === 'request' ? method : `${message.status} ${method}`;
  return { kind: 'untrue', callId, dialogs, message: shown, finding };
}
