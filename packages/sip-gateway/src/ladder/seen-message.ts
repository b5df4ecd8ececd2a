import { parseMessage, type Essentials, type SipMessage } from '@truetuple/sip-engine';
import type { CapturedDatagram } from './captured-datagram.ts';
import type { UnreadableMessage } from './ladder-call.ts';
import { toldStreams, type ToldStream } from './told-media.ts';

/** A SIP message of a capture, with its repetitions. */
export interface SeenMessage {
  readonly first: CapturedDatagram;
  readonly message: SipMessage;
  readonly essentials: Essentials;
  readonly streams: readonly ToldStream[];
  times: number;
  lastAtMs: number;
}

/** What the datagram may be, by its first byte (RFC 7983): text of SIP, RTP or RTCP, or something else. */
export function isText({ payload }: CapturedDatagram): boolean {
  return (payload[0] ?? 0) >> 6 === 1;
}

const decoder = new TextDecoder('latin1');

/** A Call-ID line, its short form included (RFC 3261 20.8). */
const callIdLine = /^(?:call-id|i)[ \t]*:[ \t]*(\S+)[ \t]*$/imu;

/** Takes SIP messages in the order of time, and knows which came before. */
export class MessageReader {
  readonly #seen = new Map<string, SeenMessage>();

  /**
   * `repeated` when the same bytes passed between the same tuples before; undefined when nothing in it says that it is of a
   * call.
   */
  take(datagram: CapturedDatagram): SeenMessage | UnreadableMessage | 'repeated' | undefined {
    const { source, destination, payload, atMs } = datagram;
    const ends = `${source.address} ${source.port} ${destination.address} ${destination.port}`;
    const text = decoder.decode(payload);
    const key = `${ends} ${text}`;
    const before = this.#seen.get(key);
    if (before !== undefined) {
      before.times += 1;
      before.lastAtMs = atMs;
      return 'repeated';
    }
    const parsed = parseMessage(payload);
    if (parsed.kind !== 'message') {
      const callId = callIdLine.exec(text)?.[1];
      if (callId === undefined || parsed.kind === 'keepalive') return undefined;
      const because = `${parsed.code}: ${parsed.reason}`;
      return { atMs, source, destination, callId, because };
    }
    const { message, essentials } = parsed;
    const streams = toldStreams(message);
    const seen: SeenMessage = {
      first: datagram,
      message,
      essentials,
      streams,
      times: 1,
      lastAtMs: atMs,
    };
    this.#seen.set(key, seen);
    return seen;
  }
}
