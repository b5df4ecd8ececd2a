import type { Essentials } from '../message/essentials.ts';
import { valueOf, valuesOf } from '../message/header-list.ts';
import {
  emptyBody,
  type HeaderField,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import { hostPortText, type HostPort } from '../message/host-port.ts';
import { asRequestUri, parseUri, uriText } from '../message/uri.ts';
import { joinAddress, splitAddress, tagOf } from './address-text.ts';

/** The state of a dialog that both ends share: RFC 3261 section 12, a value that is replaced, never changed. */
export interface Dialog {
  /** Who sent the request that made it. */
  readonly role: 'uac' | 'uas';
  readonly state: 'early' | 'confirmed';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From of our requests, its tag included. */
  readonly local: string;
  /** To of our requests, its tag included where the peer has one. */
  readonly remote: string;
  /** Of our last request; undefined before the first one of a UAS. */
  readonly localSequence: number | undefined;
  /** Of the peer's last request; undefined before the first one of a UAC's peer. */
  readonly remoteSequence: number | undefined;
  /** The URI that our requests are for. */
  readonly remoteTarget: string;
  /** Route values in the order of use. */
  readonly routeSet: readonly string[];
  /** Our Contact, name-addr. */
  readonly localContact: string;
}

/** Key of dialogs by Call-ID and both tags. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  // not a template: that would keep its parts, and with them the message that they were cut out of
  return [callId, localTag, remoteTag].join('\n');
}

/** The name that drachtio gives a dialog: Call-ID and the tag of whoever sent the first INVITE. */
export function dialogName(callId: string, fromTag: string): string {
  return [callId, fromTag].join(';from-tag=');
}

/** 12.1.1: from the INVITE and our response to it (which carries our tag in To, and our Contact). */
export function dialogOfUas(request: SipRequest, of: Essentials, response: SipResponse): Dialog {
  const local = valueOf(response, 'to') ?? '';
  return {
    role: 'uas',
    state: response.status < 200 ? 'early' : 'confirmed',
    callId: of.callId,
    localTag: tagOf(local) ?? '',
    remoteTag: of.fromTag ?? '',
    local,
    remote: valueOf(request, 'from') ?? '',
    localSequence: undefined,
    remoteSequence: of.cseq.sequence,
    remoteTarget: contactUri(request) ?? '',
    routeSet: valuesOf(request, 'record-route'),
    localContact: valueOf(response, 'contact') ?? '',
  };
}

/** 12.1.2: from our INVITE and a response with a To tag. */
export function dialogOfUac(request: SipRequest, response: SipResponse, of: Essentials): Dialog {
  const local = valueOf(request, 'from') ?? '';
  return {
    role: 'uac',
    state: response.status < 200 ? 'early' : 'confirmed',
    callId: of.callId,
    localTag: tagOf(local) ?? '',
    remoteTag: of.toTag ?? '',
    local,
    remote: valueOf(response, 'to') ?? '',
    localSequence: of.cseq.sequence,
    remoteSequence: undefined,
    remoteTarget: contactUri(response) ?? request.requestUri,
    routeSet: valuesOf(response, 'record-route').toReversed(),
    localContact: valueOf(request, 'contact') ?? '',
  };
}

const credentialKeys: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization']);
const dialogKeys: ReadonlySet<string> = new Set(['from', 'to', 'call-id', 'cseq', 'contact']);

/** What is left of an INVITE when only further dialogs may be made from it. */
export function dialogPart({ method, requestUri, headers }: SipRequest): SipRequest {
  const kept = headers.filter(({ key }) => dialogKeys.has(key) || credentialKeys.has(key));
  return { kind: 'request', method, requestUri, headers: kept, body: emptyBody };
}

/** 13.2.2.4 and 22.1: what the ACK of a 2xx repeats of its INVITE. */
export function credentialsOf({ headers }: SipRequest): readonly HeaderField[] {
  for (const { key } of headers) {
    if (credentialKeys.has(key)) return headers.filter((each) => credentialKeys.has(each.key));
  }
  return noCredentials;
}

/** Of most INVITEs: one for all, as every dialog keeps it. */
export const noCredentials: readonly HeaderField[] = [];

/** 13.2.2.4: the 2xx settles the remote target and, when the dialog was early, the route set. */
export function confirmDialog(dialog: Dialog, response: SipResponse): Dialog {
  const target = contactUri(response, dialog.remoteTarget) ?? dialog.remoteTarget;
  if (dialog.state === 'confirmed') return { ...dialog, remoteTarget: target };
  const routeSet = valuesOf(response, 'record-route').toReversed();
  return { ...dialog, state: 'confirmed', remoteTarget: target, routeSet };
}

/** 12.2: a target refresh request or its 2xx moves the remote target. */
export function refreshTarget(dialog: Dialog, message: SipMessage): Dialog {
  const remoteTarget = contactUri(message, dialog.remoteTarget);
  return remoteTarget === undefined ? dialog : { ...dialog, remoteTarget };
}

/** What we said last is our target from now on: a target refresh of ours with a Contact of its own. */
export function keepLocalContact(dialog: Dialog, message: SipMessage): Dialog {
  const localContact = valueOf(message, 'contact');
  return localContact === undefined ? dialog : { ...dialog, localContact };
}

/**
 * Our Contact as a peer on another path has to be told it: with that path's host and port, where it had the first one's. A
 * Contact that the application wrote for another host is left as it is.
 */
export function movedContact(contact: string, told: HostPort, wanted: HostPort): string {
  if (told === wanted || hostPortText(told) === hostPortText(wanted)) return contact;
  const parts = splitAddress(contact);
  const uri = parseUri(parts.uri);
  if (uri?.kind !== 'sip' || hostPortText(uri) !== hostPortText(told)) return contact;
  return joinAddress({ ...parts, uri: uriText({ ...uri, ...wanted }) });
}

/** Whether requests of this method move the remote target (RFC 3261 12.2, RFC 3311, RFC 6665). */
export function isTargetRefresh(method: string): boolean {
  return method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE';
}

/** Whether a 2xx to this method settles how long the session lasts (RFC 4028 section 7.2). */
export function isSessionRefresh(method: string): boolean {
  return method === 'INVITE' || method === 'UPDATE';
}

/** 12.2.2: a request in order moves the sequence on; one out of order gets 500. */
export function takeSequence(dialog: Dialog, sequence: number): Dialog | 'out-of-order' {
  if (dialog.remoteSequence !== undefined && sequence <= dialog.remoteSequence) {
    return 'out-of-order';
  }
  return { ...dialog, remoteSequence: sequence };
}

/** 12.2.1.1: the sequence number of our next request. `first` is asked for a UAS that has sent none. */
export function nextSequence(
  dialog: Dialog,
  first: () => number,
): { dialog: Dialog; sequence: number } {
  const sequence = dialog.localSequence === undefined ? first() : dialog.localSequence + 1;
  return { dialog: { ...dialog, localSequence: sequence }, sequence };
}

/** undefined where none is told, or none that a request could be sent to: whatever a peer answers, the target stays good. */
function contactUri(message: SipMessage, known?: string): string | undefined {
  const first = valuesOf(message, 'contact')[0];
  if (first === undefined || first === '*') return undefined;
  const { uri } = splitAddress(first);
  if (uri === known) return uri;
  return parseUri(uri)?.kind === 'sip' ? asRequestUri(uri) : undefined;
}
