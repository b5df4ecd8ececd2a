/** A SIP message as an application writes it: only what it has to say, with no Via and no tags. */
export interface AppSip {
  readonly start: AppStart;
  /** In the order written, with the names written, values trimmed. */
  readonly headers: readonly AppHeader[];
  readonly body: Uint8Array;
}

export interface AppHeader {
  readonly name: string;
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
      readonly tags: readonly string[];
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

const decoder = new TextDecoder('utf-8');
const cr = 0x0d;

/** Reads the payload of one frame. A frame without an id comes back as unknown with an empty id. */
export function readAppMessage(payload: Uint8Array): AppMessage {
  const endOfLeader = payload.indexOf(cr);
  const leader = decoder.decode(endOfLeader === -1 ? payload : payload.subarray(0, endOfLeader));
  const [id = '', verb = '', ...fields] = leader.split('|');
  switch (verb) {
    case 'authenticate': {
      const tags = (fields[1] ?? '').split(',').filter((tag) => tag !== '');
      return { kind: 'authenticate', id, secret: fields[0] ?? '', tags };
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
        : readSip(id, fields, payload.subarray(endOfLeader + 2));
    default:
      return { kind: 'unknown', id, verb, reason: `unknown message type '${verb}'` };
  }
}

function readSip(id: string, fields: readonly string[], bytes: Uint8Array): AppMessage {
  const sip = readAppSip(bytes);
  if (sip === undefined) return { kind: 'unknown', id, verb: 'sip', reason: 'invalid sip message' };
  const [transactionId, dialogId, proxyUri] = fields.map((field) =>
    field === '' ? undefined : field,
  );
  return { kind: 'sip', id, transactionId, dialogId, proxyUri, sip };
}

/**
 * Reads what an application wrote: start line, `name: value` lines (a line that begins with white space
 * goes on with the one before), blank line, body. Everything after the blank line is body: the
 * application counts characters, not bytes, so its Content-Length says nothing.
 */
export function readAppSip(bytes: Uint8Array): AppSip | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blank = buffer.indexOf('\r\n\r\n');
  const head = decoder.decode(blank === -1 ? buffer : buffer.subarray(0, blank));
  const lines = unfold(head.split('\r\n'));
  const start = readStart(lines[0] ?? '');
  if (start === undefined) return undefined;
  const headers: AppHeader[] = [];
  for (const line of lines.slice(1)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    headers.push({ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() });
  }
  const body = blank === -1 ? new Uint8Array(0) : buffer.subarray(blank + 4);
  return { start, headers, body };
}

function unfold(lines: readonly string[]): string[] {
  const unfolded: string[] = [];
  for (const line of lines) {
    const isContinued = line.startsWith(' ') || line.startsWith('\t');
    if (isContinued && unfolded.length > 1) unfolded[unfolded.length - 1] += ` ${line.trim()}`;
    else unfolded.push(line);
  }
  return unfolded;
}

function readStart(line: string): AppStart | undefined {
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
