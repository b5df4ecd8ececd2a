import type { Essentials } from '../message/essentials.ts';
import { valueOf } from '../message/header-list.ts';
import { hostPortText } from '../message/host-port.ts';
import type { SipRequest } from '../message/message.ts';
import { viaBranch } from '../message/via.ts';

/** What every branch of RFC 3261 begins with (8.1.1.7), in lower case; older branches are not unique. */
const cookie = 'z9hg4bk';

/**
 * Key of the server transaction that this request belongs to: RFC 3261 section 17.2.3. An ACK belongs to its INVITE.
 * @param method instead of the request's own: 'INVITE' finds what a CANCEL is about (9.2)
 */
export function serverKey(
  request: SipRequest,
  essentials: Essentials,
  method: string = request.method,
): string {
  const { via, fromTag, callId, cseq } = essentials;
  const wanted = method === 'ACK' ? 'INVITE' : method;
  // tokens are compared without regard to case (7.3.1)
  const branch = (viaBranch(via) ?? '').toLowerCase();
  const sentBy = hostPortText(via.sentBy).toLowerCase();
  if (branch.startsWith(cookie) && branch.length > cookie.length) {
    return flat(branch, sentBy, wanted);
  }
  // RFC 2543: the whole of the request tells them apart; To is left out, since an ACK carries our tag there
  const { requestUri } = request;
  const topVia = `${sentBy};${branch}`;
  return flat('2543', requestUri, fromTag ?? '', callId, cseq.sequence, topVia, wanted);
}

/** Key of the client transaction that a response belongs to: RFC 3261 section 17.1.3. */
export function clientKey(branch: string, method: string): string {
  return flat(branch.toLowerCase(), method);
}

/**
 * What copies of one request have in common that came by different ways: RFC 3261 section 8.2.2.2. undefined when
 * the request lies inside a dialog.
 */
export function mergeKey({ fromTag, toTag, callId, cseq }: Essentials): string | undefined {
  return toTag === undefined ? flat(fromTag ?? '', callId, cseq.sequence, cseq.method) : undefined;
}

/** The branch of the topmost Via, of whatever age. */
export function branchOf(request: SipRequest): string | undefined {
  return /;\s*branch\s*=\s*([^\s;,]+)/i.exec(valueOf(request, 'via') ?? '')?.[1];
}

/** One text of its own: V8 keeps of a template with long parts the parts, and of a part that was cut out the text that it was cut out of. */
function flat(...parts: readonly (string | number)[]): string {
  return parts.join(' ');
}
