import type { CapturedDatagram } from './captured-datagram.ts';
import type { MediaRow, PayloadCount } from './ladder-call.ts';

/** A pause that ends a burst; RTCP is rare by nature and has none. */
const pauseMs = 1_000;
/** Streams between two tuples that are told apart. */
const mostStreams = 16;

interface Burst {
  readonly first: CapturedDatagram;
  readonly callId: string;
  readonly protocol: MediaRow['protocol'];
  readonly ssrc: number | undefined;
  readonly types: Map<number, number>;
  packets: number;
  lastAtMs: number;
  /** Sequence numbers as if they had more than 16 bits (RFC 3550 A.1). */
  lowest: number;
  highest: number;
}

/** Puts the media datagrams of a call together, a row for each stream, direction and burst. */
export class MediaBursts {
  readonly #open = new Map<string, Burst>();
  readonly #streams = new Map<string, number>();
  readonly #bursts: Burst[] = [];

  /** In the order of time. */
  take(datagram: CapturedDatagram, callId: string): void {
    const ends = endsText(datagram, callId);
    const read = readMedia(datagram.payload);
    const known = this.#open.get(`${ends} ${read.protocol} ${read.ssrc}`);
    if (known !== undefined && continues(known, datagram)) return add(known, datagram, read);
    const streams = this.#streams.get(ends) ?? 0;
    const { protocol, ssrc } = streams < mostStreams ? read : unread;
    const key = `${ends} ${protocol} ${ssrc}`;
    const open = this.#open.get(key);
    if (open !== undefined && continues(open, datagram)) return add(open, datagram, read);
    if (open === undefined) this.#streams.set(ends, streams + 1);
    const { sequence } = read;
    const burst: Burst = {
      first: datagram,
      callId,
      protocol,
      ssrc,
      types: new Map(),
      packets: 0,
      lastAtMs: datagram.atMs,
      lowest: sequence,
      highest: sequence,
    };
    this.#open.set(key, burst);
    this.#bursts.push(burst);
    add(burst, datagram, read);
  }

  /** @param nameOf what a call's session descriptions call a payload type */
  rows(nameOf: (callId: string, payloadType: number) => string | undefined): readonly MediaRow[] {
    return this.#bursts.map((burst): MediaRow => {
      const { first, callId, protocol, ssrc, packets, lastAtMs, lowest, highest, types } = burst;
      const payloads = [...types].map(([payloadType, count]): PayloadCount => {
        const encoding = nameOf(callId, payloadType) ?? staticNames.get(payloadType);
        return { payloadType, encoding, packets: count };
      });
      const lost = protocol === 'rtp' ? Math.max(0, highest - lowest + 1 - packets) : undefined;
      const { atMs, source, destination } = first;
      return {
        kind: 'media',
        protocol,
        atMs,
        lastAtMs,
        source,
        destination,
        callId,
        packets,
        payloads,
        ssrc,
        lost,
      };
    });
  }
}

function endsText({ source, destination }: CapturedDatagram, callId: string): string {
  return JSON.stringify([callId, source, destination]);
}

function continues({ lastAtMs, protocol }: Burst, { atMs }: CapturedDatagram): boolean {
  return protocol === 'rtcp' || atMs - lastAtMs <= pauseMs;
}

function add(burst: Burst, { atMs }: CapturedDatagram, { payloadType, sequence }: ReadMedia): void {
  burst.packets += 1;
  burst.lastAtMs = atMs;
  if (burst.protocol !== 'rtp' || payloadType === undefined) return;
  burst.types.set(payloadType, (burst.types.get(payloadType) ?? 0) + 1);
  const step = ((sequence - burst.highest) << 16) >> 16;
  const extended = burst.highest + step;
  burst.highest = Math.max(burst.highest, extended);
  burst.lowest = Math.min(burst.lowest, extended);
}

interface ReadMedia {
  readonly protocol: MediaRow['protocol'];
  readonly ssrc: number | undefined;
  readonly payloadType: number | undefined;
  readonly sequence: number;
}

const unread: ReadMedia = {
  protocol: 'other',
  ssrc: undefined,
  payloadType: undefined,
  sequence: 0,
};

/** RFC 3550 5.1 and 6.4; RFC 5761 4 tells RTCP by its packet type. */
function readMedia(payload: Uint8Array): ReadMedia {
  const [first = 0, second = 0] = payload;
  if (first >> 6 !== 2 || payload.length < 8) return unread;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (second >= 192 && second <= 223) {
    return { protocol: 'rtcp', ssrc: view.getUint32(4), payloadType: undefined, sequence: 0 };
  }
  if (payload.length < 12) return unread;
  return {
    protocol: 'rtp',
    ssrc: view.getUint32(8),
    payloadType: second & 0x7f,
    sequence: view.getUint16(2),
  };
}

/** RFC 3551 6. */
const staticNames: ReadonlyMap<number, string> = new Map([
  [0, 'PCMU'],
  [3, 'GSM'],
  [4, 'G723'],
  [8, 'PCMA'],
  [9, 'G722'],
  [13, 'CN'],
  [15, 'G728'],
  [18, 'G729'],
  [26, 'JPEG'],
  [31, 'H261'],
  [34, 'H263'],
]);
