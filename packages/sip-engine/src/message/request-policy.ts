import { headerField, valuesOf } from './header-list.ts';
import type { HeaderField, SipRequest } from './message.ts';
import { parseUri } from './uri.ts';

/** What a user agent server understands. */
export interface RequestPolicy {
  /** URI schemes of a Request-URI, lower case. */
  readonly schemes: readonly string[];
  /** Option tags that a Require may name. */
  readonly options: readonly string[];
}

/** A sound request that this user agent server may not process. */
export interface PolicyRefusal {
  readonly status: 416 | 420;
  /** To put into the response. */
  readonly headers: readonly HeaderField[];
}

const notHeldUp = new Set(['ACK', 'CANCEL', 'BYE']);

/**
 * RFC 3261 8.2.2.1 (scheme of the Request-URI: 416) and 8.2.2.3 (Require: 420 with Unsupported). Require says nothing in an ACK
 * or a CANCEL. Max-Forwards of 0 is no reason for an end point to refuse; that is for who forwards.
 */
export function policyRefusal(
  request: SipRequest,
  policy: RequestPolicy,
): PolicyRefusal | undefined {
  return schemeRefusal(request, policy.schemes) ?? requireRefusal(request, policy.options);
}

/**
 * 8.2.2.1.
 * @param schemes lower case
 */
export function schemeRefusal(
  { requestUri }: SipRequest,
  schemes: readonly string[],
): PolicyRefusal | undefined {
  const scheme = parseUri(requestUri)?.scheme ?? '';
  return schemes.includes(scheme) ? undefined : { status: 416, headers: [] };
}

/**
 * 8.2.2.3, inside of a dialog as well (12.2.2). A BYE is not held up by it: whoever sent one has ended the call, whatever
 * the answer is.
 * @param options tags that a Require may name
 */
export function requireRefusal(
  request: SipRequest,
  options: readonly string[],
): PolicyRefusal | undefined {
  if (notHeldUp.has(request.method)) return undefined;
  const unknown = valuesOf(request, 'require').filter(
    (option) => option !== '' && !options.includes(option.toLowerCase()),
  );
  if (unknown.length === 0) return undefined;
  return { status: 420, headers: [headerField('Unsupported', unknown.join(', '))] };
}
