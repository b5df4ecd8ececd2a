import sdpTransform from 'sdp-transform';
import { GatewayError } from '../errors.ts';
import { readStream, type SdpTree } from './read-stream.ts';
import { checkedLines, invalidSdp, notRelayableSdp, type SdpLimits } from './sdp-lines.ts';
import type { StreamDescription } from './stream-description.ts';

/** A session description (RFC 8866) that was read, checked and found to be one that we can relay. */
export interface SessionDescription {
  /** One per m= line, in their order. */
  readonly streams: readonly StreamDescription[];
  /** The lines of the session part, then those of each m= line, itself the first. */
  readonly parts: readonly (readonly string[])[];
}

/**
 * Reads an offer or an answer.
 *
 * @throws GatewayError SdpInvalid (it is not one), SdpNotRelayable (no stream of it can be relayed). Nothing else,
 * whatever the text.
 */
export function parseSessionDescription(text: string, limits?: SdpLimits): SessionDescription {
  const lines = checkedLines(text, limits);
  const tree = parseTree(lines);
  if (typeof tree['origin'] !== 'object') throw invalidSdp('its o= line is not one');
  const streams = tree.media.map((media, at) => readStream(media, tree, at));
  const refused = streams.find((stream) => stream.kind === 'refused');
  if (refused !== undefined && !streams.some((stream) => stream.kind === 'relayed')) {
    throw notRelayableSdp(refused.because);
  }
  return { streams, parts: partsOf(lines) };
}

/**
 * Reads the body of a SIP message by its Content-Type.
 *
 * @throws GatewayError ContentUnsupported (415), SdpInvalid, SdpNotRelayable
 */
export function parseBody(contentType: string, body: string): SessionDescription {
  if (/^\s*application\/sdp\s*(?:;|$)/i.test(contentType)) return parseSessionDescription(body);
  throw new GatewayError({
    code: 'ContentUnsupported',
    message: `A body of type ${JSON.stringify(contentType.slice(0, 100))} was refused.`,
    remedy: 'Let the peer send application/sdp alone; multipart bodies are not read.',
    retry: 'never',
  });
}

function partsOf(lines: readonly string[]): SessionDescription['parts'] {
  const starts = lines.flatMap((line, at) => (line.startsWith('m=') ? [at] : []));
  return [0, ...starts].map((start, at) => lines.slice(start, starts[at]));
}

function parseTree(lines: readonly string[]): SdpTree & { readonly media: readonly SdpTree[] } {
  try {
    return sdpTransform.parse(lines.join('\r\n'));
  } catch (error) {
    throw invalidSdp('the parser could not read it', error);
  }
}
