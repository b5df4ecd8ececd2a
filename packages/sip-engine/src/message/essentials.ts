import { type CSeq, parseCSeq } from './cseq.ts';
import { type Flaw, malformed, shown } from './flaw.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { type NameAddr, parseNameAddr, tagOf } from './name-addr.ts';
import { parseNumber, splitValues, valueEnd } from './scan.ts';
import { parseVia, type Via } from './via.ts';

/** The header fields that every message has (RFC 3261 8.1.1), parsed. */
export interface Essentials {
  /** The topmost Via. */
  readonly via: Via;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly fromTag: string | undefined;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: CSeq;
  /** undefined when the message has none. */
  readonly maxForwards: number | undefined;
}

/** What `readEssentials` makes of a message: the header fields that every message needs, or why they cannot be used. */
export type EssentialsRead =
  | { readonly kind: 'essentials'; readonly essentials: Essentials }
  | { readonly kind: 'flawed'; readonly flaw: Flaw };

interface Found {
  via: string | undefined;
  from: string | undefined;
  to: string | undefined;
  callId: string | undefined;
  cseq: string | undefined;
  maxForwards: string | undefined;
  /** A name that stands twice and may not. */
  repeated: string | undefined;
}

/**
 * Reads what every message needs. A CSeq method that differs from the request's (8.1.1.5), a header that may stand once
 * and stands twice, and a missing or malformed one are flaws. A request without Max-Forwards is taken: RFC 2543 had none.
 */
export function readEssentials(message: SipMessage): EssentialsRead {
  const found = findEssentials(message.headers);
  if (found.repeated !== undefined) {
    return flawed(malformed('HeaderRepeated', `${found.repeated} stands more than once`));
  }
  const via = found.via === undefined ? undefined : parseVia(firstValue(found.via));
  if (via === undefined) return refuse('Via', found.via);
  const from = found.from === undefined ? undefined : parseNameAddr(found.from);
  if (from === undefined) return refuse('From', found.from);
  const to = found.to === undefined ? undefined : parseNameAddr(found.to);
  if (to === undefined) return refuse('To', found.to);
  const { callId } = found;
  if (callId === undefined || !isCallId(callId)) return refuse('Call-ID', callId);
  const cseq = found.cseq === undefined ? undefined : parseCSeq(found.cseq);
  if (cseq === undefined) return refuse('CSeq', found.cseq);
  if (message.kind === 'request' && cseq.method !== message.method) {
    const reason = `the CSeq says ${shown(cseq.method)}, the request line ${shown(message.method)}`;
    return flawed(malformed('MethodMismatch', reason));
  }
  const maxForwards =
    found.maxForwards === undefined ? undefined : parseNumber(found.maxForwards, 255);
  if (maxForwards === undefined && found.maxForwards !== undefined) {
    return refuse('Max-Forwards', found.maxForwards);
  }
  const essentials: Essentials = {
    via,
    from,
    to,
    fromTag: tagOf(from),
    toTag: tagOf(to),
    callId,
    cseq,
    maxForwards,
  };
  return { kind: 'essentials', essentials };
}

function findEssentials(headers: readonly HeaderField[]): Found {
  const found: Found = {
    via: undefined,
    from: undefined,
    to: undefined,
    callId: undefined,
    cseq: undefined,
    maxForwards: undefined,
    repeated: undefined,
  };
  let hasLength = false;
  const once = (seen: unknown, field: HeaderField): string => {
    if (seen !== undefined) found.repeated ??= field.name;
    return field.value;
  };
  for (const field of headers) {
    switch (field.key) {
      case 'via':
        found.via ??= field.value;
        break;
      case 'from':
        found.from = once(found.from, field);
        break;
      case 'to':
        found.to = once(found.to, field);
        break;
      case 'call-id':
        found.callId = once(found.callId, field);
        break;
      case 'cseq':
        found.cseq = once(found.cseq, field);
        break;
      case 'max-forwards':
        found.maxForwards = once(found.maxForwards, field);
        break;
      case 'content-length':
        once(hasLength || undefined, field);
        hasLength = true;
        break;
      default:
    }
  }
  return found;
}

function firstValue(text: string): string {
  const end = valueEnd(text, 0);
  return end === text.length ? text : text.slice(0, end).trimEnd();
}

/** word ["@" word] with the characters real peers use: printable ASCII without blanks and commas, one opaque text. */
function isCallId(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || code === 0x2c) return false;
  }
  return text.length > 0;
}

function refuse(name: string, value: string | undefined): EssentialsRead {
  return flawed(
    value === undefined
      ? malformed('HeaderMissing', `the header field ${name} is missing`)
      : malformed('HeaderMalformed', `the header field ${name} says ${shown(value)}`),
  );
}

function flawed(flaw: Flaw): EssentialsRead {
  return { kind: 'flawed', flaw };
}

/** How many Via values a message has, and how many of Route and Record-Route together. */
export function countHops(headers: readonly HeaderField[]): { vias: number; routes: number } {
  let [vias, routes] = [0, 0];
  for (const { key, value } of headers) {
    if (key === 'via') vias += splitValues(value).length;
    else if (key === 'route' || key === 'record-route') routes += splitValues(value).length;
  }
  return { vias, routes };
}
