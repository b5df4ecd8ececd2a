import {
  emptyBody,
  headerField,
  headerValue,
  headerValues,
  parseNameAddr,
  parseUri,
  tupleText,
  uriText,
  type HeaderField,
  type SipMessage,
  type SipRequest,
  type Tuple,
} from '@truetuple/sip-engine';

/** What a user agent knows of a dialog (RFC 3261 section 12), plain data. */
export interface SipDialog {
  readonly callId: string;
  /** From and To of our requests, tags included. */
  readonly local: string;
  readonly remote: string;
  /** Where requests go when there is no route: a SIP URI. */
  readonly remoteTarget: string;
  readonly routes: readonly string[];
}

/** What the caller knows after a 2xx: the Record-Route from the end (12.1.2). */
export function dialogOfCaller(response: SipMessage, before: SipDialog): SipDialog {
  return {
    ...before,
    remote: headerValue(response, 'to') ?? before.remote,
    remoteTarget: contactOf(response) ?? before.remoteTarget,
    routes: headerValues(response, 'record-route').toReversed(),
  };
}

/** What the callee knows from the INVITE and its own tag: the Record-Route in order (12.1.1). */
export function dialogOfCallee(invite: SipRequest, tag: string): SipDialog {
  const from = headerValue(invite, 'from') ?? '';
  return {
    callId: headerValue(invite, 'call-id') ?? '',
    local: `${headerValue(invite, 'to') ?? ''};tag=${tag}`,
    remote: from,
    remoteTarget: contactOf(invite) ?? '',
    routes: headerValues(invite, 'record-route'),
  };
}

export interface RequestParts {
  readonly method: string;
  readonly sequence: number;
  readonly branch: string;
  /** What the request says of its sender: Via and Contact. */
  readonly here: Tuple;
  readonly user: string;
  readonly body?: Uint8Array;
}

export function requestIn(dialog: SipDialog, parts: RequestParts): SipRequest {
  const { method, sequence, branch, here, user, body = emptyBody } = parts;
  const fields: [string, string][] = [
    ['Via', `SIP/2.0/UDP ${tupleText(here)};branch=${branch}`],
    ...dialog.routes.map((route): [string, string] => ['Route', route]),
    ['Max-Forwards', '70'],
    ['From', dialog.local],
    ['To', dialog.remote],
    ['Call-ID', dialog.callId],
    ['CSeq', `${sequence} ${method}`],
    ...(method === 'INVITE' ? [['Contact', contactText(user, here)] as [string, string]] : []),
    ...(body.length === 0 ? [] : [['Content-Type', 'application/sdp'] as [string, string]]),
  ];
  return {
    kind: 'request',
    method,
    requestUri: dialog.remoteTarget,
    headers: fields.map(([name, value]): HeaderField => headerField(name, value)),
    body,
  };
}

export function contactText(user: string, here: Tuple): string {
  return `<sip:${user}@${tupleText(here)}>`;
}

/** Where a request of the dialog is sent: its first route, or its target. Undefined for a host name. */
export function nextHopOf({ routes, remoteTarget }: SipDialog): Tuple | undefined {
  const [first] = routes;
  const uri = first === undefined ? parseUri(remoteTarget) : parseNameAddr(first)?.uri;
  if (uri?.kind !== 'sip' || !/^[\d.]+$/.test(uri.host)) return undefined;
  return { address: uri.host, port: uri.port ?? 5060 };
}

function contactOf(message: SipMessage): string | undefined {
  const [first] = headerValues(message, 'contact');
  const uri = first === undefined ? undefined : parseNameAddr(first)?.uri;
  return uri === undefined ? undefined : uriText(uri);
}
