import type { SrfServerResponse } from '../../sip/srf.ts';

/** Sends a response; a status that drachtio-srf does not know becomes the general one of its class (RFC 3261, section 8.1.3.2). */
export function sendResponse(
  response: SrfServerResponse,
  status: number,
  sdp: string | undefined,
): void {
  const body =
    sdp === undefined ? {} : { headers: { 'Content-Type': 'application/sdp' }, body: sdp };
  try {
    response.send(status, body);
  } catch {
    response.send(status < 200 ? 183 : Math.floor(status / 100) * 100, body);
  }
}
