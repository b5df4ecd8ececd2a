import type { Ipv4Address } from '../address.ts';
import type { SessionDescription } from './session-description.ts';
import type { Endpoint } from './stream-description.ts';
import { writeDescription } from './write-description.ts';

/** What one leg was told so far: our own o= line goes on from here (RFC 3264, section 8). */
export interface LegSession {
  /** sess-id of our o= line; decimal digits. */
  readonly sessionId: string;
  /** sess-version of the last description that was told; 0 before the first. */
  readonly version: number;
  /** The last description, with 0 for its version. */
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
 * Writes what one leg described for the other: the same media, formats, SRTP keys and fingerprints, our own o=, s= and c=, our
 * ports, and nothing that names another address.
 *
 * @param own the address for o= and c=
 */
export function describeForLeg(
  session: LegSession,
  description: SessionDescription,
  { own, streams }: { readonly own: Ipv4Address; readonly streams: ToldStreams },
): { readonly text: string; readonly session: LegSession } {
  const written = streams.map(
    (rtp) => rtp && { rtp, rtcp: { address: rtp.address, port: rtp.port + 1 } },
  );
  const { sessionId } = session;
  const origin = (version: number): string => `- ${sessionId} ${version} IN IP4 ${own}`;
  const told = writeDescription(description, { origin: origin(0), own, streams: written });
  const version = session.told === told ? session.version : session.version + 1;
  const text = told.replace(origin(0), origin(version));
  return { text, session: { sessionId, version, told } };
}
