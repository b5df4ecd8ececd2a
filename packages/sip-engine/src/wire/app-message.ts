import { headerKey } from '../message/header-name.ts';
import { emptyBody } from '../message/message.ts';
import { hasControl } from '../message/scan.ts';

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
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const endOfLeader = bytes.indexOf(cr);
  const leader = bytes.toString('utf8', 0, endOfLeader === -1 ? bytes.length : endOfLeader);
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
      return endOfLeader === -1
        ? { kind: 'unknown', id, verb, reason: 'sip message without a message' }
        : readSip(id, fields, bytes.subarray(endOfLeader + 2));
    default:
      return { kind: 'unknown', id, verb, reason: `unknown message type '${verb}'` };
  }
}

function readSip(id: string, fields: readonly string[], bytes: Buffer): AppMessage {
  const sip = readAppSip(bytes);
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
 * Reads what an application wrote: start line, `name: value` lines (a line that begins with white space
 * goes on with the one before), blank line, body. Everything after the blank line is body: the
 * application counts characters, not bytes, so its Content-Length says nothing.
 */
export function readAppSip(bytes: Uint8Array): AppSip | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blank = buffer.indexOf('\r\n\r\n');
  const head = buffer.toString('utf8', 0, blank === -1 ? buffer.length : blank);
  const endOfStart = lineEnd(head, 0);
  const start = readStart(head.slice(0, endOfStart));
  const headers = readHeaders(head, endOfStart + 2);
  if (start === undefined || headers === undefined) return undefined;
  return { start, headers, body: bodyFrom(buffer, blank) };
}

/** A copy: the body is kept as long as its message, and would keep all that came with it. */
function bodyFrom(buffer: Buffer, blank: number): Uint8Array {
  return blank === -1 || blank + 4 === buffer.length
    ? emptyBody
    : Uint8Array.prototype.slice.call(buffer, blank + 4);
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
      const name = head.slice(at, colon).trim();
      headers.push({ name, key: headerKey(name), value: head.slice(colon + 1, end).trim() });
    }
    at = end + 2;
  }
  return headers;
}

function readStart(line: string): AppStart | undefined {
  if (hasControl(line)) return undefined;
  const [first = '', second = '', ...rest] = line.split(' ');
  if (first === 'SIP/2.0') {
    const status = Number(second);
    const isStatus = Number.isInteger(status) && status >= 100 && status <= 699;
    return isStatus ? { kind: 'response', status, reason: rest.join(' ') } : undefined;
  }
  if (rest.length !== 1 || rest[0] !== 'SIP/2.0' || second === '') return undefined;
  return /^[\w.!%*+`'~-]+$/.test(first)
    ? { kind: 'request', method: first, requestUri: second }
    : undefined;
}
