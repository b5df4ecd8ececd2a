import { bufferOf } from '../message/buffer-of.ts';
import { headerKey, usualHeader } from '../message/header-name.ts';
import { emptyBody } from '../message/message.ts';
import { hasControl, isToken } from '../message/scan.ts';

/** A SIP message as an application writes it: only what it has to say, with no Via and no tags. */
export interface AppSip {
  readonly start: AppStart;
  /** In the order written, with the names written, values trimmed. */
  readonly headers: readonly AppHeader[];
  readonly body: Uint8Array;
}

export interface AppHeader {
  /** As written. */
  readonly name: string;
  /** Lower case, compact form expanded: what look-ups compare. */
  readonly key: string;
  readonly value: string;
}

export type AppStart =
  | { readonly kind: 'request'; readonly method: string; readonly requestUri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** One frame from the application, read as far as its verb says. */
export type AppMessage =
  | {
      readonly kind: 'authenticate';
      readonly id: string;
      readonly secret: string;
    }
  | { readonly kind: 'route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'remove-route'; readonly id: string; readonly verb: string }
  | { readonly kind: 'ping'; readonly id: string }
  | {
      readonly kind: 'sip';
      readonly id: string;
      readonly transactionId: string | undefined;
      readonly dialogId: string | undefined;
      /** Next hop for a new request, instead of its Request-URI. */
      readonly proxyUri: string | undefined;
      readonly sip: AppSip;
    }
  | {
      readonly kind: 'unknown';
      readonly id: string;
      readonly verb: string;
      readonly reason: string;
    };

const cr = 0x0d;

/** Reads the payload of one frame. A frame without an id comes back as unknown with an empty id. */
export function readAppMessage(payload: Uint8Array): AppMessage {
  const bytes = bufferOf(payload);
  const leaderEnd = bytes.indexOf(cr);
  const blank = leaderEnd === -1 ? -1 : bytes.indexOf('\r\n\r\n', leaderEnd + 2);
  const text = bytes.toString('utf8', 0, blank === -1 ? bytes.length : blank);
  // a copy: the body is kept as long as its message, and would keep all that came with it
  const body =
    blank === -1 || blank + 4 === bytes.length
      ? emptyBody
      : Uint8Array.prototype.slice.call(bytes, blank + 4);
  return readPayload(text, body);
}

/** The same for a payload of ASCII characters. */
export function readAppText(payload: string): AppMessage {
  const leaderEnd = payload.indexOf('\r');
  const blank = leaderEnd === -1 ? -1 : payload.indexOf('\r\n\r\n', leaderEnd + 2);
  if (blank === -1) return readPayload(payload, emptyBody);
  const length = payload.length - blank - 4;
  if (length === 0) return readPayload(payload.slice(0, blank), emptyBody);
  // not of the pool, for the same reason
  const body = Buffer.allocUnsafeSlow(length);
  body.write(payload.slice(blank + 4), 'latin1');
  return readPayload(payload.slice(0, blank), body);
}

/** @param text leader, start line and header fields */
function readPayload(text: string, body: Uint8Array): AppMessage {
  const leaderEnd = text.indexOf('\r');
  const leader = leaderEnd === -1 ? text : text.slice(0, leaderEnd);
  const [id = '', verb = '', ...fields] = leader.split('|');
  switch (verb) {
    case 'authenticate': {
      return { kind: 'authenticate', id, secret: fields[0] ?? '' };
    }
    case 'route':
      return { kind: 'route', id, verb: fields[0] ?? '' };
    case 'remove_route':
      return { kind: 'remove-route', id, verb: fields[0] ?? '' };
    case 'ping':
      return { kind: 'ping', id };
    case 'sip':
      return leaderEnd === -1
        ? { kind: 'unknown', id, verb, reason: 'sip message without a message' }
        : readSip(id, fields, readAppSip(text, leaderEnd + 2, body));
    default:
      return { kind: 'unknown', id, verb, reason: `unknown message type '${verb}'` };
  }
}

function readSip(id: string, fields: readonly string[], sip: AppSip | undefined): AppMessage {
  if (sip === undefined) return { kind: 'unknown', id, verb: 'sip', reason: 'invalid sip message' };
  const [transactionId, dialogId, proxyUri] = fields;
  return {
    kind: 'sip',
    id,
    transactionId: transactionId === '' ? undefined : transactionId,
    dialogId: dialogId === '' ? undefined : dialogId,
    proxyUri: proxyUri === '' ? undefined : proxyUri,
    sip,
  };
}

/**
 * Reads what an application wrote, from `from` on: start line, `name: value` lines (a line that begins with white space
 * goes on with the one before). Everything after the blank line is body: the application counts characters, not bytes, so
 * its Content-Length says nothing.
 */
function readAppSip(text: string, from: number, body: Uint8Array): AppSip | undefined {
  const endOfStart = lineEnd(text, from);
  const start = readStart(text.slice(from, endOfStart));
  const headers = readHeaders(text, endOfStart + 2);
  return start === undefined || headers === undefined ? undefined : { start, headers, body };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end === -1 ? text.length : end;
}

function readHeaders(head: string, from: number): AppHeader[] | undefined {
  const headers: AppHeader[] = [];
  for (let at = from; at < head.length;) {
    const end = lineEnd(head, at);
    const first = head.charCodeAt(at);
    const last = headers.at(-1);
    if (last !== undefined && (first === 0x20 || first === 0x09)) {
      const value = `${last.value} ${head.slice(at, end).trim()}`;
      headers[headers.length - 1] = { name: last.name, key: last.key, value };
    } else if (end > at) {
      const colon = head.indexOf(':', at);
      if (colon <= at || colon >= end) return undefined;
      headers.push(readHeader(head, at, { colon, end }));
    }
    at = end + 2;
  }
  return headers;
}

function readHeader(
  head: string,
  from: number,
  { colon, end }: { readonly colon: number; readonly end: number },
): AppHeader {
  const value = head.slice(colon + 1, end).trim();
  const usual = usualHeader(head, from, colon);
  if (usual !== undefined) return { name: usual.name, key: usual.key, value };
  const name = head.slice(from, colon).trim();
  return { name, key: headerKey(name), value };
}

function readStart(line: string): AppStart | undefined {
  if (hasControl(line)) return undefined;
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (line.startsWith('SIP/2.0 ')) {
    const status = Number(line.slice(8, second === -1 ? line.length : second));
    const isStatus = Number.isInteger(status) && status >= 100 && status <= 699;
    const reason = second === -1 ? '' : line.slice(second + 1);
    return isStatus ? { kind: 'response', status, reason } : undefined;
  }
  const method = line.slice(0, Math.max(first, 0));
  const isWhole = second > first + 1 && line.slice(second + 1) === 'SIP/2.0';
  return isWhole && isToken(method)
    ? { kind: 'request', method, requestUri: line.slice(first + 1, second) }
    : undefined;
}
