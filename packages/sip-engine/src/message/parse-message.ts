import { answerHeaders } from './answer-headers.ts';
import { countHops, readEssentials } from './essentials.ts';
import { type Flaw, malformed, shown } from './flaw.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { datagramLimits, type MessageLimits, type Parsed } from './parsed.ts';
import { type Head, lineOf, readHead, startOfMessage } from './read-head.ts';
import { readHeaderField } from './read-header-field.ts';
import { parseNumber } from './scan.ts';
import { parseStartLine, type StartLine } from './start-line.ts';

/**
 * Reads one datagram (RFC 3261 7, 18.3). Never throws. The body is a view of `bytes`; what follows Content-Length is cut
 * off, and less than it says is refused.
 */
export function parseMessage(bytes: Uint8Array, limits: MessageLimits = datagramLimits): Parsed {
  const start = startOfMessage(bytes);
  if (start === bytes.length) return { kind: 'keepalive', ping: bytes.length === 4 };
  const isTooLarge = bytes.length > limits.messageBytes;
  const head = readHead(isTooLarge ? bytes.subarray(0, limits.messageBytes) : bytes, start, limits);
  const line = parseStartLine(lineOf(head, 0));
  const flaw = isTooLarge ? tooLarge(limits) : head.flaw;
  if (flaw !== undefined) return refuse(head, line, flaw);
  if (line.kind === 'flawed') return refuse(head, line, line.flaw);
  return readMessage(bytes, start, { head, line }, limits);
}

function tooLarge(limits: MessageLimits): Flaw {
  const reason = `the message is longer than ${limits.messageBytes} bytes`;
  return { code: 'MessageTooLarge', status: 513, reason };
}

function tooManyValues(headers: readonly HeaderField[], limits: MessageLimits): Flaw | undefined {
  const { vias, routes } = countHops(headers);
  if (vias > limits.vias) {
    const reason = `there are more than ${limits.vias} Via values`;
    return { code: 'TooManyVias', status: 513, reason };
  }
  if (routes > limits.routes) {
    const reason = `there are more than ${limits.routes} Route and Record-Route values`;
    return { code: 'TooManyRoutes', status: 513, reason };
  }
  return undefined;
}

type SoundLine = Exclude<StartLine, { kind: 'flawed' }>;

function readMessage(
  bytes: Uint8Array,
  start: number,
  { head, line }: { readonly head: Head; readonly line: SoundLine },
  limits: MessageLimits,
): Parsed {
  const headers: HeaderField[] = [];
  let lengthText: string | undefined;
  const { text, bounds } = head;
  let isUsual = head.isVerbatim && isUsualStart(lineOf(head, 0), line);
  for (let at = 1; 2 * at < bounds.length; at += 1) {
    const from = bounds[2 * at] ?? 0;
    const end = bounds[2 * at + 1] ?? from;
    const field = readHeaderField(text, from, end);
    if (field === undefined) {
      const reason = `${shown(lineOf(head, at))} is no header field`;
      return refuse(head, line, malformed('HeaderMalformed', reason));
    }
    if (field.key === 'content-length') lengthText = field.value;
    headers.push(field);
    isUsual &&= isUsualLine(text, from, end, field);
  }
  const body = readBody(bytes, head.bodyStart, lengthText);
  if (body.kind === 'flawed') return refuse(head, line, body.flaw);
  const message = messageOf(line, headers, body.bytes);
  const read = readEssentials(message);
  if (read.kind === 'flawed') return refuse(head, line, read.flaw);
  const flaw = tooManyValues(headers, limits);
  if (flaw !== undefined) return refuse(head, line, flaw);
  isUsual &&= lengthText === String(body.bytes.length);
  const verbatim = isUsual ? bytes.subarray(start, head.bodyStart + body.bytes.length) : undefined;
  return { kind: 'message', message, essentials: read.essentials, verbatim };
}

/** Whether a start line would be written again as it is. */
function isUsualStart(text: string, { kind }: SoundLine): boolean {
  return kind === 'request'
    ? text.endsWith(' SIP/2.0')
    : text.startsWith('SIP/2.0 ') && text.length > 11;
}

/** Whether a header field would be written again as it is: the name, a colon, one space, the value. */
function isUsualLine(
  text: string,
  from: number,
  end: number,
  { name, value }: HeaderField,
): boolean {
  const colon = from + name.length;
  return end === colon + value.length + 2 && text.startsWith(': ', colon);
}

function messageOf(line: SoundLine, headers: readonly HeaderField[], body: Uint8Array): SipMessage {
  if (line.kind === 'response') {
    const { status, reasonPhrase } = line;
    return { kind: 'response', status, reasonPhrase, headers, body };
  }
  const { method, requestUri } = line;
  return { kind: 'request', method, requestUri, headers, body };
}

type BodyRead =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'flawed'; readonly flaw: Flaw };

/** RFC 3261 18.3 for datagrams; without Content-Length the body is all that is left. */
function readBody(bytes: Uint8Array, from: number, lengthText: string | undefined): BodyRead {
  if (lengthText === undefined) return { kind: 'body', bytes: bytes.subarray(from) };
  const length = parseNumber(lengthText, Number.MAX_SAFE_INTEGER);
  if (length === undefined) {
    const reason = `the header field Content-Length says ${shown(lengthText)}`;
    return { kind: 'flawed', flaw: malformed('HeaderMalformed', reason) };
  }
  const rest = bytes.length - from;
  if (length > rest) {
    const reason = `Content-Length says ${length} bytes, but the body has ${rest}`;
    return { kind: 'flawed', flaw: malformed('BodyTooShort', reason) };
  }
  return { kind: 'body', bytes: bytes.subarray(from, from + length) };
}

/** A request is refused, a response dropped (RFC 3261 18.3, 8.1.3). */
function refuse(head: Head, line: StartLine, flaw: Flaw): Parsed {
  const { code, status, reason } = flaw;
  if (line.kind === 'response' || (line.kind === 'flawed' && line.isResponse)) {
    return { kind: 'silence', code, reason };
  }
  const { method } = line;
  return {
    kind: 'refused',
    status,
    code,
    reason,
    method,
    answerHeaders: answerHeaders(head, method),
  };
}
