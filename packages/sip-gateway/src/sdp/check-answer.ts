import { invalidSdp } from './sdp-lines.ts';
import type { SessionDescription } from './session-description.ts';

/**
 * RFC 3264, section 6: an answer has as many m= lines as the offer, of the same media, in the same order, and opens no
 * stream that was offered closed.
 *
 * @throws GatewayError SdpInvalid
 */
export function checkAnswer(offer: SessionDescription, answer: SessionDescription): void {
  if (answer.streams.length !== offer.streams.length) {
    throw invalidSdp(
      `it answers ${offer.streams.length} m= lines with ${answer.streams.length} of its own`,
    );
  }
  for (const [at, stream] of answer.streams.entries()) {
    const offered = offer.streams[at];
    if (offered?.media !== stream.media) {
      throw invalidSdp(`m= line ${at + 1} answers ${offered?.media} with ${stream.media}`);
    }
    if (offered.kind !== 'relayed' && stream.kind === 'relayed') {
      throw invalidSdp(`m= line ${at + 1} opens a stream that was offered with port 0`);
    }
  }
}
