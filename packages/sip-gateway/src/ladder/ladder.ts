import { callSummary, callTitle, unreadableLines } from './call-title.ts';
import type { CapturedDatagram } from './captured-datagram.ts';
import { asciiGlyphs, printable, unicodeGlyphs } from './glyphs.ts';
import { readCalls, type ReadCallsOptions } from './read-calls.ts';
import { renderRows, type Drawing } from './render-call.ts';

export type { CapturedDatagram } from './captured-datagram.ts';
export type { HostNames } from './host.ts';
export type * from './ladder-call.ts';
export { readPcap } from './pcap/read-pcap.ts';
export {
  isPrivateAddress,
  privateAddressesIn,
  type PrivateAddress,
  type PrivateAddressOptions,
} from './private-addresses.ts';
export { readCalls, type ReadCallsOptions } from './read-calls.ts';

/** How a ladder is drawn. */
export interface LadderOptions extends ReadCallsOptions {
  /** Columns of a line. Default 100. */
  readonly width?: number;
  /** Default `unicode`. */
  readonly charset?: 'unicode' | 'ascii';
}

/**
 * Draws the calls in a capture as lines of text: a column for each host, an arrow for each SIP message and for each burst of
 * media, and below each message what its sender says of itself against what was seen: Via and Contact against the datagram's
 * source, c= with m= and a=rtcp against the source of the sender's media.
 */
export function renderLadder(
  datagrams: readonly CapturedDatagram[],
  options: LadderOptions = {},
): readonly string[] {
  const { names = {}, width = 100, charset = 'unicode' } = options;
  const glyphs = charset === 'ascii' ? asciiGlyphs : unicodeGlyphs;
  const drawing: Drawing = { names, width: Math.max(width, narrowest), glyphs };
  const calls = readCalls(datagrams, options);
  if (calls.length === 0) return noCall(datagrams, options, drawing);
  const startMs = calls[0]?.rows[0]?.atMs ?? 0;
  return calls.flatMap((call, index) => [
    ...(index === 0 ? [] : ['']),
    ...callTitle(call, index + 1, (call.rows[0]?.atMs ?? 0) - startMs, drawing),
    '',
    ...renderRows(call, drawing),
    ...unreadableLines(call, drawing),
    callSummary(call, drawing),
  ]);
}

const narrowest = 60;

function noCall(
  datagrams: readonly CapturedDatagram[],
  { callId, ...others }: LadderOptions,
  { glyphs, width }: Drawing,
): readonly string[] {
  const all = callId === undefined ? [] : readCalls(datagrams, others);
  if (callId === undefined || all.length === 0) {
    return [`No SIP message in ${datagrams.length} datagrams.`];
  }
  const callIds = all.flatMap((call) => call.callIds);
  return [`No call has the Call-ID ${callId}. These have:`, ...callIds].map((line) =>
    printable(line, glyphs, width),
  );
}
