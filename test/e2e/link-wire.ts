// What a link carried, as SIP and RTP: for tests whose peers are programs that tell us nothing themselves.
import { headerValue, parseMessage, type SipMessage } from '@truetuple/sip-engine';
import {
  decodeMuLaw,
  shareOfTone,
  udpDatagram,
  type Capture,
  type CapturedPacket,
} from '@truetuple/lab';

/** A UDP datagram on a link; tuples as "address:port". */
export interface Datagram {
  readonly direction: CapturedPacket['direction'];
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

export interface SipDatagram extends Datagram {
  readonly message: SipMessage;
  readonly text: string;
  readonly callId: string;
  /** "INVITE" for a request, "200 INVITE" for a response. */
  readonly name: string;
}

export interface RtpDatagram extends Datagram {
  readonly payloadType: number;
  /** What follows the header (RFC 3550, section 5.1; no extension is expected). */
  readonly sound: Uint8Array;
}

export function datagramOf(packet: CapturedPacket): Datagram | undefined {
  const datagram = udpDatagram(packet);
  if (datagram === undefined) return undefined;
  const { direction, source, destination, payload } = datagram;
  const [from, to] = [source, destination].map(({ address, port }) => `${address}:${port}`);
  return { direction, from: from ?? '', to: to ?? '', payload };
}

export function sipOf(packet: CapturedPacket): SipDatagram | undefined {
  const datagram = datagramOf(packet);
  const text = Buffer.from(datagram?.payload ?? []).toString();
  if (datagram === undefined || !/^(?:SIP\/2\.0 |[A-Z]+ sips?:)/.test(text)) return undefined;
  const parsed = parseMessage(datagram.payload);
  if (parsed.kind !== 'message') throw new Error(`this cannot be read as SIP: ${text}`);
  const { message, essentials } = parsed;
  const { method } = essentials.cseq;
  const name = message.kind === 'request' ? method : `${message.status} ${method}`;
  return { ...datagram, message, text, name, callId: headerValue(message, 'call-id') ?? '' };
}

export function rtpOf(packet: CapturedPacket): RtpDatagram | undefined {
  const datagram = datagramOf(packet);
  const [first = 0, second = 0] = datagram?.payload ?? [];
  const payloadType = second & 0x7f;
  // RFC 5761, section 4: 64 to 95 are RTCP's
  const isRtp = first >> 6 === 2 && (payloadType < 64 || payloadType > 95);
  if (datagram === undefined || !isRtp || datagram.payload.length < 12) return undefined;
  return { ...datagram, payloadType, sound: datagram.payload.subarray(12 + 4 * (first & 15)) };
}

function rtcpOf(packet: CapturedPacket): Datagram | undefined {
  const datagram = datagramOf(packet);
  const [first = 0, second = 0] = datagram?.payload ?? [];
  // RFC 3550, section 12.1: sender report to application-defined
  return first >> 6 === 2 && second >= 200 && second <= 204 ? datagram : undefined;
}

/** Where a stream's RTCP goes when nothing else is said. */
export function portAbove(tuple: string): string {
  return tuple.replace(/\d+$/, (port) => String(Number(port) + 1));
}

export function sipOn({ packets }: Capture): readonly SipDatagram[] {
  return packets.flatMap((packet) => sipOf(packet) ?? []);
}

export function rtpOn({ packets }: Pick<Capture, 'packets'>): readonly RtpDatagram[] {
  return packets.flatMap((packet) => rtpOf(packet) ?? []);
}

/** Resolves once this many more packets of RTP came in by the link. */
export async function untilRtp(link: Capture, count: number): Promise<void> {
  const before = rtpOn(link).filter(({ direction }) => direction === 'incoming').length;
  let seen = 0;
  await link.waitFor((packet) => {
    if (rtpOf(packet)?.direction === 'incoming') seen += 1;
    return seen === before + count;
  }, patienceMs);
}

/** The tuples that the session descriptions in these messages tell for audio, each once. */
export function mediaTold(messages: readonly SipDatagram[]): readonly string[] {
  const told = messages.flatMap(({ text }) => {
    const address = /^c=IN IP4 (\S+)/m.exec(text)?.[1];
    const port = /^m=audio (\d+)/m.exec(text)?.[1];
    return address === undefined || port === undefined ? [] : [`${address}:${port}`];
  });
  return [...new Set(told)];
}

/** One call as a link carried it. */
export interface CallOnLink {
  readonly sip: readonly SipDatagram[];
  /** Where the session descriptions that came in said that media is to go. */
  readonly told: readonly string[];
  /** The RTP that came in to where those that went out said. */
  readonly rtp: readonly RtpDatagram[];
  /** The RTCP that came in to the ports above (RFC 3550, section 11). */
  readonly rtcp: readonly Datagram[];
}

/** Its RTP is what came before the next call's INVITE: peers use their ports again. */
export function callOnLink(link: Capture, callId: string): CallOnLink {
  const invites = link.packets.map((packet) => (isInvite(packet) ? sipOf(packet)?.callId : ''));
  const first = invites.indexOf(callId);
  const next = invites.findIndex((each, at) => at > first && each !== '' && each !== callId);
  const packets = link.packets.slice(first, next === -1 ? undefined : next);
  const sip = sipOn(link).filter((each) => each.callId === callId);
  const outgoing = mediaTold(sip.filter(({ direction }) => direction === 'outgoing'));
  const rtp = rtpOn({ packets }).filter(({ direction }) => direction === 'incoming');
  return {
    sip,
    told: mediaTold(sip.filter(({ direction }) => direction === 'incoming')),
    rtp: rtp.filter(({ to }) => outgoing.includes(to)),
    rtcp: packets
      .flatMap((packet) => rtcpOf(packet) ?? [])
      .filter(({ direction, to }) => {
        return direction === 'incoming' && outgoing.map(portAbove).includes(to);
      }),
  };
}

function isInvite(packet: CapturedPacket): boolean {
  return sipOf(packet)?.name === 'INVITE';
}

/** The Call-IDs of the calls that a link carried, in their order. */
export function callIdsOn(link: Capture): readonly string[] {
  const invites = sipOn(link).filter(({ name }) => name === 'INVITE');
  return [...new Set(invites.map(({ callId }) => callId))];
}

/** INVITEs that a link carried more than once. */
export function repeatedInvites(link: Capture): readonly string[] {
  const keys = sipOn(link)
    .filter(({ name }) => name === 'INVITE')
    .map(({ direction, message, callId }) => {
      return [direction, callId, headerValue(message, 'cseq'), headerValue(message, 'via')].join(
        ' ',
      );
    });
  return keys.filter((key, at) => keys.indexOf(key) !== at);
}

/** Which part of the sound is this tone, of mu-law RTP: packet by packet, since a resumed call begins its tone anew. */
export function toneIn(rtp: readonly RtpDatagram[], hertz: number): number {
  const sound = rtp.filter(({ payloadType }) => payloadType === pcmu).map((each) => each.sound);
  const shares = sound.map((octets) => shareOfTone(decodeMuLaw(octets), hertz));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

const pcmu = 0;
export const patienceMs = 10_000;
