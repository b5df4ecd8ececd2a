import type { Ipv4Address } from '../address.ts';
import { addressesIn, literalsIn } from './addresses-in.ts';
import type { SessionDescription } from './session-description.ts';
import type { Endpoint, StreamDescription } from './stream-description.ts';

/** Where a stream is said to be wanted. */
export interface WrittenStream {
  readonly rtp: Endpoint;
  /** What a=rtcp says, where the description had one; undefined leaves it out. */
  readonly rtcp: Endpoint | undefined;
}

/**
 * A description written again: its media, formats and attributes to the letter, with an o=, s= and c= of their own, other addresses and
 * ports, and nothing else that names an address. ICE is taken out, since who relays is no candidate of the peer; so is BUNDLE, since every
 * stream has its own pair of ports.
 *
 * @param streams one for each m= line; undefined closes it (port 0)
 */
export function writeDescription(
  description: SessionDescription,
  told: {
    /** The value of o=. */
    readonly origin: string;
    /** That of the session's c=. */
    readonly own: Ipv4Address;
    readonly streams: readonly (WrittenStream | undefined)[];
  },
): string {
  const [session = [], ...media] = description.parts;
  const { own, origin } = told;
  const lines = [
    'v=0',
    `o=${origin}`,
    's=-',
    connection(own),
    ...kept(session, 'b='),
    't=0 0',
    ...kept(session, 'a='),
    ...media.flatMap((part, at) =>
      mediaPart(part, { stream: description.streams[at], written: told.streams[at], own }),
    ),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

interface MediaPart {
  readonly stream: StreamDescription | undefined;
  readonly written: WrittenStream | undefined;
  readonly own: Ipv4Address;
}

function mediaPart(
  part: readonly string[],
  { stream, written, own }: MediaPart,
): readonly string[] {
  const [, media, , protocol, formats = ''] = mediaLine.exec(part[0] ?? '') ?? [];
  if (written === undefined) {
    // RFC 3264, section 6: a stream that is not taken keeps its line
    const named = formats === '' || literalsIn(formats).length > 0 ? '0' : formats;
    return [`m=${media} 0 ${protocol} ${named}`];
  }
  const { rtp, rtcp } = written;
  const hasRtcp = rtcp !== undefined && part.some((line) => nameOf(line) === 'rtcp');
  return [
    `m=${media} ${rtp.port} ${protocol} ${formats}`,
    ...(rtp.address === own ? [] : [connection(rtp.address)]),
    ...kept(part, 'b='),
    ...kept(part, 'a='),
    ...(hasRtcp ? [reports(rtp, rtcp)] : []),
    `a=${stream?.kind === 'relayed' ? stream.direction : 'inactive'}`,
  ];
}

/** Media, port, protocol and formats. */
const mediaLine = /^m=(\w*) (\d*) (\S*)(?: (.*))?$/;

/** What speaks of the peer's own addresses or of ports it shares between streams, and what is written for each stream. */
const dropped: ReadonlySet<string> = new Set([
  'sendrecv',
  'sendonly',
  'recvonly',
  'inactive',
  'rtcp',
  'candidate',
  'remote-candidates',
  'end-of-candidates',
  'group',
  'bundle-only',
  'source-filter',
  'control',
]);

/** The lines of one type that mean the same to who reads them here. No attribute may tell an address: those that must are o= and c=. */
function kept(part: readonly string[], type: 'a=' | 'b='): readonly string[] {
  return part.filter((line) => {
    if (!line.startsWith(type)) return false;
    const name = nameOf(line);
    return !dropped.has(name) && !name.startsWith('ice-') && addressesIn(line).length === 0;
  });
}

/** Of an attribute; of any other line, none. */
function nameOf(line: string): string {
  return /^a=([\w-]*)/.exec(line)?.[1] ?? '';
}

function connection(address: Ipv4Address): string {
  return `c=IN IP4 ${address}`;
}

/** RFC 3605. */
function reports(rtp: Endpoint, { address, port }: Endpoint): string {
  return address === rtp.address ? `a=rtcp:${port}` : `a=rtcp:${port} IN IP4 ${address}`;
}
