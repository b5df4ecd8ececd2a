// The calls that a host's link carried, each with its own media, and what is wrong with them.
import { headerValue } from '@truetuple/sip-engine';
import type { CapturedPacket } from '@truetuple/lab';
import {
  datagramOf,
  mediaTold,
  rtpOf,
  sipOf,
  type RtpDatagram,
  type SipDatagram,
} from './link-wire.ts';

/** One call as a host's link carried it; `in` and `out` as that host sees it. */
export interface LinkCall {
  readonly callId: string;
  /** Of its INVITE: the same on both legs of a call through the gateway. */
  readonly subject: string;
  readonly sip: SipDatagram[];
  /** Where the host was told to send audio, each once. */
  readonly told: string[];
  /** Where the host said that it takes audio, each once. */
  readonly own: string[];
  readonly rtpIn: RtpDatagram[];
  readonly rtpOut: RtpDatagram[];
}

export interface LinkCalls {
  readonly calls: readonly LinkCall[];
  /** Datagrams of no call, such as RTP from where nobody was told that it would come from. */
  readonly strays: readonly string[];
}

/**
 * Sorts what passed a link. Media belongs to the call in which the gateway's tuple was told last (a host may have one
 * tuple for all its calls); or is told next, since media can overtake the answer (RFC 3264, section 5.1).
 */
export function callsOnLink(packets: readonly CapturedPacket[]): LinkCalls {
  const calls = new Map<string, LinkCall>();
  const owners = new Map<string, LinkCall>();
  const strays: string[] = [];
  let early: RtpDatagram[] = [];
  for (const packet of packets) {
    const datagram = datagramOf(packet);
    if (datagram === undefined) continue;
    const [sip, rtp] = [sipOf(packet), rtpOf(packet)];
    if (sip !== undefined) {
      takeSip(sip, calls, owners);
      early = early.filter((each) => !takeRtp(each, owners));
    } else if (rtp === undefined) strays.push(`${datagram.from} to ${datagram.to}`);
    else if (!takeRtp(rtp, owners)) early.push(rtp);
  }
  strays.push(...early.map(({ from, to }) => `RTP ${from} to ${to}`));
  return { calls: [...calls.values()], strays };
}

/** How many calls were up at the same time, at most: from the first 200 to the first BYE of each. */
export function mostAtOnce(packets: readonly CapturedPacket[]): number {
  const up = new Set<string>();
  const over = new Set<string>();
  let most = 0;
  for (const packet of packets) {
    const { callId = '', name } = sipOf(packet) ?? {};
    if (name === '200 INVITE' && !over.has(callId)) up.add(callId);
    if (name === 'BYE' && up.delete(callId)) over.add(callId);
    most = Math.max(most, up.size);
  }
  return most;
}

function takeSip(
  sip: SipDatagram,
  calls: Map<string, LinkCall>,
  owners: Map<string, LinkCall>,
): void {
  const { callId, message } = sip;
  const call = calls.get(callId) ?? {
    callId,
    subject: headerValue(message, 'subject') ?? '',
    sip: [],
    told: [],
    own: [],
    rtpIn: [],
    rtpOut: [],
  };
  calls.set(callId, call);
  call.sip.push(sip);
  const [tuple] = mediaTold([sip]);
  if (tuple === undefined) return;
  const isTold = sip.direction === 'incoming';
  const named = isTold ? call.told : call.own;
  if (!named.includes(tuple)) named.push(tuple);
  if (isTold) owners.set(tuple, call);
}

function takeRtp(rtp: RtpDatagram | undefined, owners: ReadonlyMap<string, LinkCall>): boolean {
  if (rtp === undefined) return false;
  const isIn = rtp.direction === 'incoming';
  const call = owners.get(isIn ? rtp.from : rtp.to);
  if (call?.own.includes(isIn ? rtp.to : rtp.from) !== true) return false;
  (isIn ? call.rtpIn : call.rtpOut).push(rtp);
  return true;
}

export interface CallRules {
  /** The gateway's SIP tuple, and the host of its media, as everybody is told them. */
  readonly advertised: { readonly sip: string; readonly mediaHost: string };
  /** Packets that each side must have heard. */
  readonly packetsAtLeast: number;
  /** The octet that the other side's voice consists of. */
  readonly voice: number;
  /** Addresses of ours that nobody is told. */
  readonly neverTold: readonly string[];
}

/** What is wrong with a call, one line each. */
export function wrongWith(call: LinkCall, rules: CallRules): readonly string[] {
  const { sip: ownSip, mediaHost } = rules.advertised;
  const { told, rtpIn, rtpOut } = call;
  const incoming = call.sip.filter(({ direction }) => direction === 'incoming');
  const findings = [
    ...incoming
      .filter(({ from }) => from !== ownSip)
      .map((each) => `${each.name} from ${each.from}`),
    ...incoming.flatMap((each) => [...wrongContact(each, ownSip), ...wrongVia(each, ownSip)]),
    ...incoming.flatMap(({ name, text }) =>
      rules.neverTold.filter((own) => text.includes(own)).map((own) => `${name} says ${own}`),
    ),
    ...repeatedInvites(call.sip).map((branch) => `an INVITE was sent again: ${branch}`),
    ...(told.length > 1 ? [`told ${told.join(', ')}`] : []),
    ...told.filter((tuple) => !tuple.startsWith(`${mediaHost}:`)).map((tuple) => `told ${tuple}`),
    ...rtpIn.flatMap(({ from, sound }) =>
      sound.every((octet) => octet === rules.voice) ? [] : [`${from} sent another voice`],
    ),
    ...[rtpIn, rtpOut].flatMap((each) =>
      each.length < rules.packetsAtLeast ? [`${each.length} packets`] : [],
    ),
  ];
  return findings.map((finding) => `${call.callId}: ${finding}`);
}

/** Calls whose media did not come out at the other leg of the same call, told apart by SSRC. */
export function crossed(here: readonly LinkCall[], there: readonly LinkCall[]): readonly string[] {
  return here.flatMap((leg) => {
    const other = there.find(({ subject }) => subject === leg.subject);
    const [sent, heard] = [sources(leg.rtpOut), sources(other?.rtpIn ?? [])];
    return sent === heard
      ? []
      : [`${leg.subject}: sent ${sent}, and ${heard || 'nothing'} came out`];
  });
}

/** Synchronization sources (RFC 3550, section 5.1), each once. */
function sources(rtp: readonly RtpDatagram[]): string {
  const hex = rtp.map(({ payload }) => Buffer.from(payload.subarray(8, 12)).toString('hex'));
  return [...new Set(hex)].toSorted().join(' ');
}

function wrongContact({ name, message }: SipDatagram, ownSip: string): readonly string[] {
  if (!/^(?:INVITE|18\d INVITE|2\d\d INVITE)$/.test(name)) return [];
  const contact = headerValue(message, 'contact') ?? '';
  return contact.includes(`<sip:${ownSip}>`) ? [] : [`${name} says Contact: ${contact}`];
}

/** The topmost Via of a request is its sender's. */
function wrongVia({ name, message }: SipDatagram, ownSip: string): readonly string[] {
  const via = headerValue(message, 'via') ?? '';
  const isTrue = message.kind === 'response' || via.startsWith(`SIP/2.0/UDP ${ownSip};`);
  return isTrue ? [] : [`${name} says Via: ${via}`];
}

function repeatedInvites(sip: readonly SipDatagram[]): readonly string[] {
  const branches = sip
    .filter(({ name }) => name === 'INVITE')
    .map(({ direction, message }) => `${direction} ${headerValue(message, 'via')}`);
  return branches.filter((branch, at) => branches.indexOf(branch) !== at);
}
