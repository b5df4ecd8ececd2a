import { parseNumber } from './scan.ts';

/**
 * Where in a session description an address stands: o=, c=, the address of a stream, a=rtcp or a=candidate (RFC 8866,
 * 3605, 8839).
 */
export type SdpTupleKind =
  | 'sdp-origin'
  | 'sdp-connection'
  | 'sdp-media'
  | 'sdp-rtcp'
  | 'sdp-candidate'
  | 'sdp-candidate-related';

/** An address that a session description tells (RFC 8866). */
export interface SdpTuple {
  readonly kind: SdpTupleKind;
  readonly host: string;
  readonly port: number | undefined;
  /** The line it was read from. */
  readonly text: string;
}

/** True for the media type application/sdp, whatever its parameters and case. */
export function isSdp(contentType: string): boolean {
  return /^\s*application\s*\/\s*sdp\s*(?:;|$)/iu.test(contentType);
}

/** One m= section, or what stands before the first one. */
interface Section {
  /** Of m=; undefined before the first one. */
  readonly media: { readonly port: number | undefined; readonly text: string } | undefined;
  connection: string | undefined;
  /** Of a=rtcp (RFC 3605) without an address of its own. */
  readonly others: SdpTuple[];
  readonly bareRtcp: { readonly port: number | undefined; readonly text: string }[];
}

/**
 * The addresses of a session description. m= and an a=rtcp without an address carry the address of the section's c=, or else
 * the session's; without either they are left out. A c= with a TTL or count gives the address before the slash.
 */
export function sdpTuples(description: string): readonly SdpTuple[] {
  const tuples: SdpTuple[] = [];
  let session: Section | undefined;
  let section = newSection(undefined);
  const close = (): void => {
    session ??= section;
    const host = section.connection ?? session.connection;
    if (host !== undefined) {
      if (section.media !== undefined) {
        const { port, text } = section.media;
        tuples.push({ kind: 'sdp-media', host, port, text });
      }
      for (const { port, text } of section.bareRtcp) {
        tuples.push({ kind: 'sdp-rtcp', host, port, text });
      }
    }
    tuples.push(...section.others);
  };
  for (const text of description.split(/\r\n|[\r\n]/u)) {
    if (text.startsWith('m=')) {
      close();
      section = newSection({ port: portOf(text.slice(2).split(' ')[1]), text });
    } else readLine(section, text);
  }
  close();
  return tuples;
}

function newSection(media: Section['media']): Section {
  return { media, connection: undefined, others: [], bareRtcp: [] };
}

function readLine(section: Section, text: string): void {
  const words = text.slice(2).trim().split(/\s+/u);
  if (text.startsWith('c=')) readConnection(section, words, text);
  else if (text.startsWith('o=')) addTuple(section, 'sdp-origin', words[5], undefined, text);
  else if (text.startsWith('a=rtcp:')) readRtcp(section, text);
  else if (text.startsWith('a=candidate:')) readCandidate(section, words, text);
}

/** "IN IP4 192.0.2.1" or "IN IP4 233.252.0.1/127/3" */
function readConnection(section: Section, words: readonly string[], text: string): void {
  const host = words[2]?.split('/')[0];
  section.connection ??= host;
  addTuple(section, 'sdp-connection', host, undefined, text);
}

/** "a=rtcp:53020" or "a=rtcp:53020 IN IP4 192.0.2.1" (RFC 3605 2.1) */
function readRtcp(section: Section, text: string): void {
  const [port, , , host] = text.slice('a=rtcp:'.length).trim().split(/\s+/u);
  if (host === undefined) section.bareRtcp.push({ port: portOf(port), text });
  else addTuple(section, 'sdp-rtcp', host, portOf(port), text);
}

/** foundation component transport priority address port "typ" type ["raddr" address "rport" port] (RFC 8839 5.1) */
function readCandidate(section: Section, words: readonly string[], text: string): void {
  addTuple(section, 'sdp-candidate', words[4], portOf(words[5]), text);
  const related = words.indexOf('raddr', 6);
  if (related < 0) return;
  const relatedPort = words.indexOf('rport', 6);
  const port = relatedPort < 0 ? undefined : portOf(words[relatedPort + 1]);
  addTuple(section, 'sdp-candidate-related', words[related + 1], port, text);
}

function addTuple(
  section: Section,
  kind: SdpTupleKind,
  host: string | undefined,
  port: number | undefined,
  text: string,
): void {
  if (host !== undefined && host !== '') section.others.push({ kind, host, port, text });
}

/** "49170" or "49170/2" (RFC 8866 5.14) */
function portOf(text: string | undefined): number | undefined {
  return parseNumber(text?.split('/')[0] ?? '', 65_535);
}
