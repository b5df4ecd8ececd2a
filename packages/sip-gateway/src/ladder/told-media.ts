import { advertisedTuples, type SipMessage, type Tuple } from '@truetuple/sip-engine';

/** What a session description tells of one stream. */
export interface ToldStream {
  /** From 0: which m= it is. */
  readonly index: number;
  /** Such as `audio`. */
  readonly media: string;
  readonly rtp: Tuple;
  readonly rtcp: Tuple;
  /** Whether a=rtcp says where RTCP goes, and not the port above RTP's (RFC 3605). */
  readonly saysRtcp: boolean;
}

const decoder = new TextDecoder();

/** The streams of the message's session description; empty without one. */
export function toldStreams(message: SipMessage): readonly ToldStream[] {
  const streams: ToldStream[] = [];
  for (const { kind, host, port, text } of advertisedTuples(message)) {
    const last = streams.at(-1);
    if (kind === 'sdp-media') {
      const media = /^m=(\S+)/u.exec(text)?.[1] ?? '';
      const rtp = { address: host, port: port ?? 0 };
      const rtcp = { address: host, port: rtp.port + 1 };
      streams.push({ index: streams.length, media, rtp, rtcp, saysRtcp: false });
    }
    if (kind === 'sdp-rtcp' && last !== undefined && port !== undefined) {
      streams[streams.length - 1] = { ...last, rtcp: { address: host, port }, saysRtcp: true };
    }
  }
  return streams;
}

/** Names of payload types: a=rtpmap of a body (RFC 8866 6.6). */
export function payloadNames(body: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [, type, name] of decoder.decode(body).matchAll(/^a=rtpmap:(\d+) ([^\s/]+)/gmu)) {
    if (name !== undefined) names.set(Number(type), name);
  }
  return names;
}
