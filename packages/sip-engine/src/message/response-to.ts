import { headerField } from './header-list.ts';
import { emptyBody, type HeaderField, type SipRequest, type SipResponse } from './message.ts';
import { parseNameAddr, tagOf } from './name-addr.ts';
import type { Refused } from './parsed.ts';
import { reasonPhrase } from './reason-phrase.ts';

/** What a response has beside what it repeats from its request. */
export interface ResponseParts {
  readonly reasonPhrase?: string;
  /** Put on the To when it has no tag yet; a 100 needs none (RFC 3261 8.2.6.2). */
  readonly toTag?: string;
  /** Put after those that are repeated from the request. */
  readonly headers?: readonly HeaderField[];
  readonly body?: Uint8Array;
}

/** Whether every response repeats the header field of this key from its request (RFC 3261 8.2.6.2). */
export function isRepeated(key: string): boolean {
  return key === 'via' || key === 'from' || key === 'to' || key === 'call-id' || key === 'cseq';
}

/**
 * A response to a request (RFC 3261 8.2.6): Via in order, From, To, Call-ID and CSeq repeated, and Timestamp in a 100.
 */
export function responseTo(
  request: SipRequest,
  status: number,
  parts: ResponseParts = {},
): SipResponse {
  const fields: HeaderField[] = [];
  for (const field of request.headers) {
    const { key } = field;
    if (isRepeated(key) || (status === 100 && key === 'timestamp')) fields.push(field);
  }
  return respond(fields, status, parts);
}

/** The answer that a refused request gets; undefined when it gets none. That of a 400 says what is wrong (RFC 3261 21.4.1). */
export function responseToRefused(refused: Refused, toTag: string): SipResponse | undefined {
  const { answerHeaders, status, reason } = refused;
  if (answerHeaders === undefined) return undefined;
  const plain = reasonPhrase(status);
  const phrase = status === 400 ? `${plain}: ${reason.replaceAll(notInPhrase, '')}` : plain;
  return respond(answerHeaders, status, { toTag, reasonPhrase: phrase });
}

/** The ASCII that a Reason-Phrase cannot hold (RFC 3261 25.1), and all that is not ASCII. */
const notInPhrase = /[^ \w\-.!~*'();/?:@&=+$,]/gu;

function respond(
  fields: readonly HeaderField[],
  status: number,
  parts: ResponseParts,
): SipResponse {
  const { toTag, headers: more = [], body = emptyBody } = parts;
  const headers: HeaderField[] = [];
  for (const field of fields) {
    headers.push(toTag !== undefined && field.key === 'to' ? withToTag(field, toTag) : field);
  }
  for (const field of more) headers.push(field);
  return {
    kind: 'response',
    status,
    reasonPhrase: parts.reasonPhrase ?? reasonPhrase(status),
    headers,
    body,
  };
}

/** Without angle brackets, too, what follows a semicolon belongs to the header field (20.10). */
function withToTag(field: HeaderField, tag: string): HeaderField {
  const { name, value } = field;
  if (!endsWithUri(value)) {
    const to = parseNameAddr(value);
    if (to === undefined || tagOf(to) !== undefined) return field;
  }
  return headerField(name, `${value};tag=${tag}`);
}

/** Whether nothing stands behind the URI, as in nearly every first request: then there is no tag. */
function endsWithUri(value: string): boolean {
  return value.indexOf('>') === value.length - 1 && value.includes('<') && !value.includes('"');
}
