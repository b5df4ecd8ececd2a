import { advertisedTuples, type SipMessage, type Tuple } from '@truetuple/sip-engine';

/** A session description with one audio stream, PCMU every 20 ms (RFC 8866, RFC 3551). */
export function describeSession(rtp: Tuple): Uint8Array {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${rtp.address}`,
    's=-',
    `c=IN IP4 ${rtp.address}`,
    't=0 0',
    `m=audio ${rtp.port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ];
  return new TextEncoder().encode(lines.join('\r\n'));
}

/** Where a message says that its sender hears RTP; undefined when it has no audio stream. */
export function toldMedia(message: SipMessage): Tuple | undefined {
  const media = advertisedTuples(message).find(({ kind }) => kind === 'sdp-media');
  if (media?.port === undefined || media.port === 0) return undefined;
  return { address: media.host, port: media.port };
}
