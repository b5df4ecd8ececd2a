import type { SrfOutgoing, SrfServerResponse } from '../../sip/srf.ts';

/**
 * Sends a response; a status that drachtio-srf does not know becomes the general one of its class (RFC 3261, section
 * 8.1.3.2).
 */
export function sendResponse(
  response: SrfServerResponse,
  status: number,
  outgoing: SrfOutgoing = {},
  refused?: () => void,
): void {
  // drachtio-srf keeps what is waited for until it comes: only who asks waits
  const done =
    refused === undefined
      ? undefined
      : (refusal: unknown): void => {
          if (refusal !== null && refusal !== undefined) refused();
        };
  try {
    response.send(status, outgoing, done);
  } catch {
    response.send(status < 200 ? 183 : Math.floor(status / 100) * 100, outgoing, done);
  }
}
