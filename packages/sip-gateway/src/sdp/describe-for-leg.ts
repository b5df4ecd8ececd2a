import sdpTransform from 'sdp-transform';
import type { Ipv4Address } from '../address.ts';
import { addressesIn, literalsIn } from './addresses-in.ts';
import type { SdpTree } from './read-stream.ts';
import type { SessionDescription } from './session-description.ts';
import type { Endpoint, StreamDescription } from './stream-description.ts';

/** What one leg was told so far: our own o= line goes on from here (RFC 3264, section 8). */
export interface LegSession {
  /** sess-id of our o= line; decimal digits. */
  readonly sessionId: string;
  /** sess-version of the last description that was told; 0 before the first. */
  readonly version: number;
  /** The last description without its o= line. */
  readonly told: string | undefined;
}

/**
 * What we describe to one leg before anything was described to it: o= keeps this id, and counts its versions (RFC
 * 3264 section 8).
 */
export function newLegSession(sessionId: string): LegSession {
  return { sessionId, version: 0, told: undefined };
}

/** Where a leg shall send each stream; undefined closes the stream (port 0). */
export type ToldStreams = readonly (Endpoint | undefined)[];

/**
 * Writes what one leg described for the other: the same media and formats, our own o=, s= and c=, our
 * ports, and nothing that names another address. ICE is taken out, since the relay is no candidate of the peer; so is BUNDLE,
 * since every stream has its own pair of ports. Payload formats, SRTP keys and fingerprints go through.
 *
 * @param own the address for o= and c=
 */
export function describeForLeg(
  session: LegSession,
  description: SessionDescription,
  { own, streams }: { readonly own: Ipv4Address; readonly streams: ToldStreams },
): { readonly text: string; readonly session: LegSession } {
  const media = description.tree.media.map((part, at) =>
    mediaPart(part, { stream: description.streams[at], told: streams[at], own }),
  );
  const told = sessionPart(description, own, session.sessionId);
  const body = withoutStrangers(sdpTransform.write({ ...told, media }));
  const version = session.told === body ? session.version : session.version + 1;
  const text = body.replace(/^o=.*$/m, `o=- ${session.sessionId} ${version} IN IP4 ${own}`);
  return { text, session: { sessionId: session.sessionId, version, told: body } };
}

/** Session attributes that mean the same on the other leg. Direction is written per stream. */
const sessionFields = ['bandwidth', 'setup', 'fingerprint', 'ext', 'extmapAllowMixed', 'invalid'];

function sessionPart({ tree }: SessionDescription, own: Ipv4Address, sessionId: string): SdpTree {
  const kept = sessionFields
    .filter((field) => tree[field] !== undefined)
    .map((field) => [field, tree[field]] as const);
  return {
    ...Object.fromEntries(kept),
    version: 0,
    origin: {
      username: '-',
      sessionId,
      sessionVersion: 0,
      netType: 'IN',
      ipVer: 4,
      address: own,
    },
    name: '-',
    connection: { version: 4, ip: own },
    timing: { start: 0, stop: 0 },
  };
}

/** Media attributes that speak of the peer's own addresses or of ports it shares between streams. */
const droppedFields: readonly string[] = [
  'description',
  'connection',
  'rtcp',
  'direction',
  'candidates',
  'endOfCandidates',
  'remoteCandidates',
  'iceUfrag',
  'icePwd',
  'iceOptions',
  'icelite',
  'groups',
  'bundleOnly',
  'sourceFilter',
  'control',
];

interface MediaPart {
  readonly stream: StreamDescription | undefined;
  readonly told: Endpoint | undefined;
  readonly own: Ipv4Address;
}

function mediaPart(part: SdpTree, { stream, told, own }: MediaPart): SdpTree {
  if (stream?.kind !== 'relayed' || told === undefined) return closedPart(part);
  const kept = Object.entries(part).filter(([field]) => !droppedFields.includes(field));
  return {
    ...Object.fromEntries(kept),
    port: told.port,
    direction: stream.direction,
    ...(part['rtcp'] === undefined ? {} : { rtcp: { port: told.port + 1 } }),
    ...(told.address === own ? {} : { connection: { version: 4, ip: told.address } }),
  };
}

/** RFC 3264, section 6: a stream that is not taken keeps its line, with port 0. */
function closedPart({ type, protocol, payloads }: SdpTree): SdpTree {
  const formats =
    typeof payloads === 'string' || typeof payloads === 'number' ? `${payloads}` : '0';
  return {
    type,
    port: 0,
    protocol,
    payloads: literalsIn(formats).length === 0 ? formats : '0',
    rtp: [],
    fmtp: [],
  };
}

/** No attribute may tell an address: those that must are o= and c=. */
function withoutStrangers(text: string): string {
  return text
    .split('\r\n')
    .filter((line) => !line.startsWith('a=') || addressesIn(line).length === 0)
    .join('\r\n');
}
