import { supportedOptions } from '../../sip/message-mapping.ts';
import type { SrfInboundRequest, SrfServerResponse } from '../../sip/srf.ts';
import { sendResponse } from './send-response.ts';

/** RFC 3261, section 20.5. */
const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS';

/** What a peer may ask of us in a call: RFC 3261, sections 13.2.1 and 13.3.1.4; RFC 4028, section 7.1. */
export const capabilities: Readonly<Record<'Allow' | 'Supported', string>> = {
  Allow: allow,
  Supported: supportedOptions.join(', '),
};

const accept = { Accept: 'application/sdp' } as const;

/** Methods that there are, but not here; whatever else is asked is unknown to us. */
const knownMethods = new Set(
  'REGISTER UPDATE PRACK REFER INFO SUBSCRIBE NOTIFY MESSAGE PUBLISH'.split(' '),
);

/**
 * Answers a request that no call takes: OPTIONS with what we do; a method that we know with 405, any other with 501 (RFC
 * 3261, sections 8.2.1 and 21.5.2).
 */
export function refuseMethod(request: SrfInboundRequest, response: SrfServerResponse): void {
  const { method } = request;
  if (method === 'OPTIONS')
    sendResponse(response, 200, { headers: { ...capabilities, ...accept } });
  else {
    const status = knownMethods.has(method) ? 405 : 501;
    sendResponse(response, status, { headers: { Allow: allow } });
  }
}

/**
 * The same in a dialog. PRACK: we ask for none, so that it acknowledges nothing (RFC 3262, section 3: 481). INFO with
 * nothing in it is taken as a sign of life (RFC 6086, appendix A); with a package 469 (section 4.2.2), with a body 415.
 * UPDATE with nothing in it refreshes the session timer (RFC 4028, section 7.4), which is the SIP server's: phones send it
 * without looking for it in Allow, and a 405 would end the call.
 *
 * @param contact the header field that this peer is told
 */
export function refuseInDialog(
  request: SrfInboundRequest,
  response: SrfServerResponse,
  contact: Readonly<Record<string, string>>,
): void {
  const { method } = request;
  if (method === 'PRACK') sendResponse(response, 481);
  else if (method === 'INFO') answerInfo(request, response);
  else if (method === 'UPDATE' && isEmpty(request)) {
    sendResponse(response, 200, { headers: contact });
  } else refuseMethod(request, response);
}

function answerInfo(request: SrfInboundRequest, response: SrfServerResponse): void {
  if (request.get('info-package') !== undefined) {
    sendResponse(response, 469, { headers: { 'Recv-Info': 'nil' } });
  } else if (isEmpty(request)) sendResponse(response, 200);
  else sendResponse(response, 415, { headers: accept });
}

function isEmpty({ body }: SrfInboundRequest): boolean {
  return body === undefined || body === '';
}
