import { parseMessage, type Essentials, type SipMessage } from '@truetuple/sip-engine';
import type { CapturedDatagram } from './captured-datagram.ts';
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

/** Takes SIP messages in the order of time, and knows which came before. */
export class MessageReader {
  readonly #seen = new Map<string, SeenMessage>();

  /** `repeated` when the same bytes passed between the same tuples before; undefined when it is no SIP message. */
  take(datagram: CapturedDatagram): SeenMessage | 'repeated' | undefined {
    const { source, destination, payload, atMs } = datagram;
    const ends = `${source.address} ${source.port} ${destination.address} ${destination.port}`;
    const key = `${ends} ${decoder.decode(payload)}`;
    const before = this.#seen.get(key);
    if (before !== undefined) {
      before.times += 1;
      before.lastAtMs = atMs;
      return 'repeated';
    }
    const parsed = parseMessage(payload);
    if (parsed.kind !== 'message') return undefined;
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
