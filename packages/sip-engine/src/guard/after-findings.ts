import { valueOf, withBody, withHeaders } from '../message/header-list.ts';
import {
  emptyBody,
  type HeaderField,
  type SipMessage,
  type SipResponse,
} from '../message/message.ts';
import { reasonPhrase } from '../message/reason-phrase.ts';
import { isRepeated } from '../message/response-to.ts';
import type { GuardFinding, GuardRow } from './finding.ts';

/** What becomes of a message with findings. */
export type GuardAction =
  /** Nothing goes out. */
  | 'withheld'
  /** A 500 goes out in its place. */
  | 'replaced'
  /** It goes out without what was found. */
  | 'stripped';

export type Guarded<M extends SipMessage> =
  | { readonly action: 'withheld' }
  | { readonly action: 'replaced'; readonly response: SipResponse }
  | { readonly action: 'stripped'; readonly message: M };

/**
 * Requests do not go. ACK, BYE and CANCEL always do, and so does what answers a BYE: without them something would be left open
 * at the peer. A success becomes 500: the peer is told of a failure that it can act on, no half of an agreement. A provisional does not
 * go: nobody has to have it (100 is out), and 183 without its body would leave the application with early media that its peer
 * knows nothing of. Any other final ends things, body or not.
 */
export function afterFindings<M extends SipMessage>(
  message: M,
  findings: readonly GuardFinding[],
): Guarded<M> {
  if (findings.some(({ row }) => row === 'path')) return { action: 'withheld' };
  if (message.kind === 'request') {
    return isAlwaysSent(message.method)
      ? { action: 'stripped', message: stripped(message, findings) }
      : { action: 'withheld' };
  }
  if (message.status < 200) return { action: 'withheld' };
  const method = valueOf(message, 'cseq')?.trim().split(/\s+/)[1] ?? '';
  if (message.status >= 300 || isAlwaysSent(method)) {
    return { action: 'stripped', message: stripped(message, findings) };
  }
  return { action: 'replaced', response: failureOf(message) };
}

function isAlwaysSent(method: string): boolean {
  return method === 'ACK' || method === 'BYE' || method === 'CANCEL';
}

function stripped<M extends SipMessage>(message: M, findings: readonly GuardFinding[]): M {
  const has = (row: GuardRow): boolean => findings.some((finding) => finding.row === row);
  const dropsBody = findings.some(({ row }) => row.startsWith('sdp-'));
  const isKept = ({ key }: HeaderField): boolean => {
    if (key === 'contact' || key === 'record-route') return !has(key);
    return !(dropsBody && (key.startsWith('content-') || key === 'mime-version'));
  };
  const told = withHeaders(message, message.headers.filter(isKept));
  return dropsBody ? withBody(told, emptyBody) : told;
}

/** The same answer as a failure of ours: 500 with nothing but what every response has. */
function failureOf(success: SipResponse): SipResponse {
  return {
    kind: 'response',
    status: 500,
    reasonPhrase: reasonPhrase(500),
    headers: success.headers.filter(({ key }) => isRepeated(key)),
    body: emptyBody,
  };
}
