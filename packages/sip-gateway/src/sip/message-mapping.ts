import { parseNameAddr, parseUri, tagOf } from '@truetuple/sip-engine';
import { isIpv4Address } from '../address.ts';
import type { IncomingInvite } from './signalling.ts';
import type { SrfInboundRequest, SrfMessage } from './srf.ts';

/** An INVITE that is none of ours to take, with the status that says why. */
export interface InviteRefused {
  readonly kind: 'refused';
  readonly status: number;
}

/** Reads a new INVITE: RFC 3261, section 8.2. A body that is no session description is refused with 415. */
export function readInvite(
  request: SrfInboundRequest,
): { readonly kind: 'invite'; readonly invite: IncomingInvite } | InviteRefused {
  const callId = request.get('call-id');
  const from = parseNameAddr(request.get('from') ?? '');
  const tag = from === undefined ? undefined : tagOf(from);
  const { source_address: source, uri: requestUri } = request;
  if (callId === undefined || tag === undefined || !isIpv4Address(source)) {
    return { kind: 'refused', status: 400 };
  }
  const body = readSdp(request);
  if (body.kind === 'other') return { kind: 'refused', status: 415 };
  const fromUser = from?.uri.kind === 'sip' ? from.uri.user : undefined;
  const { sdp } = body;
  const invite = { callId: dialogName(callId, tag), source, requestUri, fromUser, sdp };
  return { kind: 'invite', invite };
}

/** The session description of a message that may have another body or none. */
export function sdpOf(message: SrfMessage): string | undefined {
  const read = readSdp(message);
  return read.kind === 'sdp' ? read.sdp : undefined;
}

/** The To tag: names a dialog of the callee (RFC 3261, section 12.1.2). */
export function toTagOf(message: SrfMessage): string {
  const to = parseNameAddr(message.get('to') ?? '');
  return (to === undefined ? undefined : tagOf(to)) ?? '';
}

/** How drachtio names a dialog: Call-ID and the tag of whoever sent the first INVITE. */
function dialogName(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** The address and port in a SIP URI whose host is an IPv4 literal; undefined for any other. */
export function sipHostOf(uri: string): IncomingInvite['source'] | undefined {
  const parsed = parseUri(uri);
  if (parsed?.kind !== 'sip' || !isIpv4Address(parsed.host)) return undefined;
  return parsed.host;
}

/** Header fields of the INVITE to B: who calls, and how many hops are left (RFC 3261, section 16.6). */
export function inviteHeaders(
  { fromUser }: IncomingInvite,
  maxForwards: string | undefined,
): Readonly<Record<string, string>> {
  const hops = Number(maxForwards ?? 70);
  const isPlain = fromUser !== undefined && /^[\w.+*#~-]+$/.test(fromUser);
  return {
    // the SIP server writes its advertised address for localhost
    From: isPlain ? `<sip:${fromUser}@localhost>` : '<sip:anonymous@localhost>',
    'Max-Forwards': String(Number.isInteger(hops) && hops > 0 ? hops - 1 : 69),
    'Content-Type': 'application/sdp',
  };
}

function readSdp(
  message: SrfMessage,
): { readonly kind: 'sdp'; readonly sdp: string | undefined } | { readonly kind: 'other' } {
  const { body } = message;
  if (body === undefined || body === '') return { kind: 'sdp', sdp: undefined };
  const contentType = message.get('content-type') ?? '';
  return /^\s*application\/sdp\s*(?:;|$)/i.test(contentType)
    ? { kind: 'sdp', sdp: body }
    : { kind: 'other' };
}
