import { GatewayError } from '../../errors.ts';

/** One packet as it lies in a capture file. */
export interface CapturedFrame {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** LINKTYPE_ value of the registry of tcpdump.org. */
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

/** What a capture file holds. */
export interface CapturedFrames {
  readonly frames: readonly CapturedFrame[];
  /** Where a packet begins that the file does not hold wholly: so a capture ends whose writer was killed, or that was copied meanwhile. */
  readonly cutOffAt: number | undefined;
}

/** What a file of that length holds, read up to `at`. */
export function readUpTo(
  at: number,
  { length }: Uint8Array,
  frames: readonly CapturedFrame[],
): CapturedFrames {
  return { frames, cutOffAt: at < length ? at : undefined };
}

/** Longest packet that is believed: what tcpdump and Wireshark take at most. */
export const longestFrame = 262_144;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The file says something that cannot be. */
export function captureInvalid(offset: number, what: string): GatewayError {
  return new GatewayError({
    code: 'CaptureInvalid',
    message: `A capture file was to be read, and at byte ${offset} ${what}.`,
    remedy: 'Give a pcap or pcapng file as tcpdump, tshark or dumpcap write it, not compressed.',
    retry: 'never',
  });
}
