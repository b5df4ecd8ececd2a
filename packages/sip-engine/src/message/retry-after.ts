import { valueOf } from './header-list.ts';
import type { SipResponse } from './message.ts';
import { parseNumber, tokenEnd } from './scan.ts';

/** Seconds that Retry-After asks for (RFC 3261 20.33); undefined when it says none. */
export function retryAfterOf(response: SipResponse): number | undefined {
  const text = valueOf(response, 'retry-after') ?? '';
  return parseNumber(text.slice(0, tokenEnd(text, 0)), 2 ** 31);
}
