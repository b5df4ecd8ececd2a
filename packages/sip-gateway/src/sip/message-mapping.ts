import { parseNameAddr, tagOf, type Uri } from '@truetuple/sip-engine';
import { isIpv4Address } from '../address.ts';
import type { IncomingInvite } from './signalling.ts';
import type { SrfInboundRequest, SrfMessage } from './srf.ts';

/** An INVITE that is none of ours to take, with the status that says why. */
export interface InviteRefused {
  readonly kind: 'refused';
  readonly status: number;
  /** What the response says besides. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a 415 says is taken instead: RFC 3261, section 21.4.13. */
export const acceptSdp = { Accept: 'application/sdp' } as const;

/** Option tags that an INVITE may require: session timers are the SIP server's, for each leg. */
export const supportedOptions: readonly string[] = ['timer'];

/**
 * Reads a new INVITE: RFC 3261, section 8.2. A body that is no session description is refused with 415.
 *
 * @param passHeaders names of header fields that go on to B
 */
export function readInvite(
  request: SrfInboundRequest,
  passHeaders: readonly string[],
): { readonly kind: 'invite'; readonly invite: IncomingInvite } | InviteRefused {
  const from = parseNameAddr(request.get('from') ?? '');
  const callId = dialogNameOf(request);
  const { source_address: source, uri: requestUri } = request;
  if (callId === undefined || from === undefined || !isIpv4Address(source)) {
    return { kind: 'refused', status: 400, headers: {} };
  }
  // who calls on is asked to count hops as a proxy does: RFC 3261, section 16.3; RFC 7332
  if (request.get('max-forwards')?.trim() === '0')
    return { kind: 'refused', status: 483, headers: {} };
  const unsupported = unsupportedOf(request.get('require') ?? '');
  if (unsupported !== '') {
    return { kind: 'refused', status: 420, headers: { Unsupported: unsupported } };
  }
  const body = readSdp(request);
  if (body.kind === 'other') return { kind: 'refused', status: 415, headers: acceptSdp };
  const fromUser = userOf(from.uri);
  const invite = {
    callId,
    source,
    requestUri,
    fromUser,
    fromName: from.displayName,
    passed: passedOf(request, passHeaders),
    sdp: body.sdp,
    expiresMs: expiresOf(request.get('expires')),
  };
  return { kind: 'invite', invite };
}

/** Who a URI names; of a telephone number (RFC 3966) the digits, as RFC 3261, section 19.1.6, makes a user part of it. */
function userOf(uri: Uri): string | undefined {
  if (uri.kind === 'sip') return uri.user;
  return uri.scheme === 'tel' ? uri.rest.split(';')[0] : undefined;
}

/** RFC 3261, section 20.19: seconds. What is no number says nothing. */
function expiresOf(written: string | undefined): number | undefined {
  const seconds = written?.trim() ?? '';
  return /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** RFC 3261, section 8.2.2.3. */
function unsupportedOf(required: string): string {
  return required
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '' && !supportedOptions.includes(option.toLowerCase()))
    .join(', ');
}

function passedOf(
  request: SrfInboundRequest,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const found = names.flatMap((name) => {
    const value = request.get(name);
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
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

/** How drachtio names a dialog: Call-ID and the tag of whoever sent the first INVITE, which is this one. */
export function dialogNameOf(invite: SrfMessage): string | undefined {
  const callId = invite.get('call-id');
  const from = parseNameAddr(invite.get('from') ?? '');
  const tag = from === undefined ? undefined : tagOf(from);
  return callId === undefined || tag === undefined ? undefined : dialogName(callId, tag);
}

/** The same from its parts. */
export function dialogName(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`;
}

/** The user part of a SIP URI (RFC 3261, section 25.1), and the # of a dialled number. */
const userPart = /^(?:[\w.!~*'()&=+$,;?/#-]|%[\da-f]{2})+$/i;

/**
 * Header fields of the INVITE to B: who calls, how many hops are left (RFC 3261, section 16.6), and what is passed on.
 *
 * @param ours host:port that B is told
 */
export function inviteHeaders(
  { fromUser, fromName, passed }: IncomingInvite,
  maxForwards: string | undefined,
  ours: string,
): Readonly<Record<string, string>> {
  const hops = Number(maxForwards ?? 70);
  const isPlain = fromUser !== undefined && userPart.test(fromUser);
  return {
    ...passed,
    From: `${displayName(fromName)}<sip:${isPlain ? fromUser : 'anonymous'}@${ours}>`,
    'Max-Forwards': String(Number.isInteger(hops) && hops > 0 ? hops - 1 : 69),
  };
}

/** RFC 3261, section 25.1: a quoted string; what would end it or the line is left out. */
function displayName(name: string | undefined): string {
  // oxlint-disable-next-line no-control-regex
  const plain = name?.replaceAll(/[\u0000-\u001f\u007f"\\]/g, '').trim();
  return plain === undefined || plain === '' ? '' : `"${plain}" `;
}

/** A session description, no body, or one that is none of ours to read. */
export function readSdp(
  message: SrfMessage,
): { readonly kind: 'sdp'; readonly sdp: string | undefined } | { readonly kind: 'other' } {
  const { body } = message;
  if (body === undefined || body === '') return { kind: 'sdp', sdp: undefined };
  const contentType = message.get('content-type') ?? '';
  const isPlain = /^\s*(?:identity)?\s*$/i.test(message.get('content-encoding') ?? '');
  return isPlain && /^\s*application\/sdp\s*(?:;|$)/i.test(contentType)
    ? { kind: 'sdp', sdp: body }
    : { kind: 'other' };
}
