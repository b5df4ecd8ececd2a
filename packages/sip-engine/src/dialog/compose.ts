import { valueOf, valuesOf } from '../message/header-list.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { responseTo } from '../message/response-to.ts';
import { asRequestUri } from '../message/uri.ts';
import type { AppHeader, AppSip } from '../wire/app-message.ts';
import { joinAddress, splitAddress, tagOf, withTag } from './address-text.ts';
import type { Dialog } from './dialog.ts';

/** What the engine puts into a request that its application leaves open. */
export interface RequestParts {
  /** host:port that Via, Contact and a From without a host say. */
  readonly ours: string;
  readonly branch: string;
  readonly sequence: number;
}

/** The engine's own business: what an application writes there is left out. */
const structural = new Set([
  'via',
  'route',
  'record-route',
  'content-length',
  'rseq',
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
  'max-forwards',
  'content-type',
]);

const contactMethods = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'REFER', 'NOTIFY']);

/** A request outside of any dialog: RFC 3261 section 8.1.1, with drachtio's defaults. */
export function composeRequest(
  sip: AppSip,
  target: { method: string; requestUri: string },
  parts: RequestParts & { readonly fromTag: string; readonly callId: string },
): SipRequest {
  const { method } = target;
  // 19.1.5 lets a URI ask for header fields; what an application wants said it writes itself
  const requestUri = asRequestUri(target.requestUri);
  const { ours } = parts;
  const from = swapLocalhost(valueOf(sip, 'from') ?? `<sip:${ours}>`, ours);
  const to = swapLocalhost(valueOf(sip, 'to') ?? `<${requestUri}>`, ours);
  const headers = [
    viaOf(parts),
    maxForwardsOf(sip),
    field('From', 'from', withTag(from, parts.fromTag)),
    field('To', 'to', joinAddress(splitAddress(to))),
    field('Call-ID', 'call-id', valueOf(sip, 'call-id') ?? parts.callId),
    field('CSeq', 'cseq', `${parts.sequence} ${method}`),
  ];
  addSaid(headers, sip, ours, contactMethods.has(method) ? `<sip:${ours}>` : undefined);
  return { kind: 'request', method, requestUri, headers, body: sip.body };
}

/** A request inside a dialog: RFC 3261 section 12.2.1.1. */
export function composeInDialog(
  dialog: Dialog,
  sip: AppSip,
  method: string,
  parts: RequestParts,
): SipRequest {
  const { requestUri, routes } = routeOf(dialog);
  const own = contactMethods.has(method) ? dialog.localContact : undefined;
  const headers = [
    viaOf(parts),
    maxForwardsOf(sip),
    field('From', 'from', dialog.local),
    field('To', 'to', dialog.remote),
    field('Call-ID', 'call-id', dialog.callId),
    field('CSeq', 'cseq', `${parts.sequence} ${method}`),
  ];
  for (const route of routes) headers.push(field('Route', 'route', route));
  addSaid(headers, sip, parts.ours, own);
  return { kind: 'request', method, requestUri, headers, body: sip.body };
}

/** A response of the application: RFC 3261 section 8.2.6 and, where it makes a dialog, 12.1.1. */
export function composeResponse(
  request: SipRequest,
  sip: AppSip,
  answer: { status: number; reason: string },
  own: { toTag: string; contact: string; ours: string; rseq?: number | undefined },
): SipResponse {
  const { status, reason } = answer;
  const makesDialog =
    (request.method === 'INVITE' && status > 100 && status < 300) ||
    (request.method === 'SUBSCRIBE' && status >= 200 && status < 300);
  const headers: HeaderField[] = [];
  for (const value of makesDialog ? valuesOf(request, 'record-route') : []) {
    headers.push(field('Record-Route', 'record-route', value));
  }
  // RFC 3311 5.2, table 1: a success to UPDATE moves the target, too; RFC 3515 2.2: one to REFER names it
  const isTarget =
    makesDialog ||
    (status >= 200 && status < 300 && (request.method === 'UPDATE' || request.method === 'REFER'));
  if (own.rseq !== undefined) headers.push(field('RSeq', 'rseq', String(own.rseq)));
  addSaid(headers, sip, own.ours, isTarget ? own.contact : undefined);
  const tag = status === 100 ? {} : { toTag: own.toTag };
  return responseTo(request, status, { reasonPhrase: reason, headers, body: sip.body, ...tag });
}

/** The tag an application wrote into To, when it wants one of its own. */
export function appToTag(sip: AppSip): string | undefined {
  const to = valueOf(sip, 'to');
  return to === undefined ? undefined : tagOf(to);
}

/**
 * An application repeats the Contact that it was shown, as drachtio-srf does: on a path where we are called otherwise, that is
 * meant to say the same.
 */
export function withMovedContact(sip: AppSip, shown: string, wanted: string): AppSip {
  const written = valueOf(sip, 'contact');
  if (shown === wanted || written === undefined) return sip;
  if (joinAddress(splitAddress(written)) !== joinAddress(splitAddress(shown))) return sip;
  const headers = sip.headers.map((header) =>
    header.key === 'contact' ? { ...header, value: wanted } : header,
  );
  return { ...sip, headers };
}

/** Header fields that are the application's alone. */
export function free(sip: AppSip, ours: string): HeaderField[] {
  const fields: HeaderField[] = [];
  addFree(fields, sip, ours);
  return fields;
}

/**
 * What the application says of itself, of its body, and otherwise.
 * @param contact where it says none
 */
function addSaid(
  headers: HeaderField[],
  sip: AppSip,
  ours: string,
  contact: string | undefined,
): void {
  addContact(headers, sip, ours, contact);
  addFree(headers, sip, ours);
  addContentType(headers, sip);
}

function addFree(headers: HeaderField[], sip: AppSip, ours: string): void {
  for (const header of sip.headers) {
    if (!structural.has(header.key)) headers.push(appField(header, ours));
  }
}

function viaOf({ ours, branch }: RequestParts): HeaderField {
  return field('Via', 'via', `SIP/2.0/UDP ${ours};rport;branch=${branch}`);
}

function maxForwardsOf(sip: AppSip): HeaderField {
  const written = Number(valueOf(sip, 'max-forwards') ?? 70);
  const isSound = Number.isInteger(written) && written >= 0 && written < 256;
  return field('Max-Forwards', 'max-forwards', String(isSound ? written : 70));
}

/** Nothing is looked at again: all values came in a message that was read, or in a command whose header fields were checked. */
function field(name: string, key: string, value: string): HeaderField {
  return { name, key, value };
}

/** 12.2.1.1: a strict router (no lr) gets the request addressed to itself. */
function routeOf(dialog: Dialog): { requestUri: string; routes: readonly string[] } {
  const [first, ...others] = dialog.routeSet;
  if (first === undefined) return { requestUri: dialog.remoteTarget, routes: [] };
  const { uri } = splitAddress(first);
  if (/;\s*lr(?=[;=?]|$)/i.test(uri)) {
    return { requestUri: dialog.remoteTarget, routes: dialog.routeSet };
  }
  return { requestUri: asRequestUri(uri), routes: [...others, `<${dialog.remoteTarget}>`] };
}

function addContact(
  headers: HeaderField[],
  sip: AppSip,
  ours: string,
  otherwise: string | undefined,
): void {
  const written = valueOf(sip, 'contact');
  if (written === undefined) {
    if (otherwise !== undefined) headers.push(field('Contact', 'contact', otherwise));
    return;
  }
  const swapped = swapLocalhost(written, ours);
  // several values, or "*", are the application's in full
  const isSimple = !swapped.includes(',') && swapped.trim() !== '*';
  const value = isSimple ? joinAddress(splitAddress(swapped)) : swapped;
  headers.push(field('Contact', 'contact', value));
}

function addContentType(headers: HeaderField[], sip: AppSip): void {
  const written = valueOf(sip, 'content-type');
  const [v, equals, zero] = sip.body;
  const isSession = v === 0x76 && equals === 0x3d && zero === 0x30;
  const type = written ?? (isSession ? 'application/sdp' : undefined);
  if (type !== undefined) headers.push(field('Content-Type', 'content-type', type));
}

function appField({ name, key, value }: AppHeader, ours: string): HeaderField {
  const isIdentity = key === 'p-asserted-identity';
  return field(usualName(name), key, isIdentity ? swapLocalhost(value, ours) : value);
}

function swapLocalhost(value: string, ours: string): string {
  if (!value.includes('@localhost')) return value;
  return value.replace(/@localhost(?::\d+)?(?=[;>\s?,]|$)/g, `@${ours}`);
}

const unusual: Readonly<Record<string, string>> = {
  'www-authenticate': 'WWW-Authenticate',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  rack: 'RAck',
  'call-id': 'Call-ID',
  cseq: 'CSeq',
};

/** Applications write few names, and always the same; whoever invents more pays for each. */
const knownNames = new Map<string, string>();
const mostKnownNames = 256;

/** A header name in lower case with the capitals that it mostly has; any other name as it is. */
export function usualName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const usual = name === name.toLowerCase() ? capitalised(name) : name;
  if (knownNames.size < mostKnownNames) knownNames.set(name, usual);
  return usual;
}

function capitalised(name: string): string {
  return unusual[name] ?? name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** A message of the application that says nothing: what the engine sends by itself. */
export function silentSip(method: string, headers: readonly AppHeader[] = []): AppSip {
  const start = { kind: 'request', method, requestUri: 'sip:placeholder' } as const;
  return { start, headers, body: new Uint8Array(0) };
}
