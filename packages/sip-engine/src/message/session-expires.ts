import { headerField, valueOf, valuesOf } from './header-list.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { parameterValue, parseParameters } from './parameter.ts';
import { parseNumber, tokenEnd } from './scan.ts';

/** Who refreshes a session: the one who sent the request that a message belongs to, or the one who answered it. */
export type Refresher = 'uac' | 'uas';

/** RFC 4028 section 4. */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: Refresher | undefined;
}

/** RFC 4028 section 5: no interval may be shorter, and it is meant where no Min-SE is written. */
export const leastSessionSeconds = 90;

/** Session-Expires of this message; undefined when there is none, or none that can be read. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  const text = valueOf(message, 'session-expires');
  if (text === undefined) return undefined;
  const end = tokenEnd(text, 0);
  const seconds = parseNumber(text.slice(0, end), 2 ** 31);
  const parameters = parseParameters(text, end);
  if (seconds === undefined || seconds === 0 || parameters === undefined) return undefined;
  const refresher = parameterValue(parameters, 'refresher')?.toLowerCase();
  const isKnown = refresher === 'uac' || refresher === 'uas';
  return { seconds, refresher: isKnown ? refresher : undefined };
}

/** Min-SE of this message, and never less than the least. */
export function leastSecondsOf(message: SipMessage): number {
  const text = valueOf(message, 'min-se') ?? '';
  const seconds = parseNumber(text.slice(0, tokenEnd(text, 0)), 2 ** 31) ?? 0;
  return Math.max(seconds, leastSessionSeconds);
}

export function sessionExpiresField(seconds: number, refresher: Refresher): HeaderField {
  return headerField('Session-Expires', `${seconds};refresher=${refresher}`);
}

/** Whether a header field that lists tokens (Supported, Require, Allow) has this one. */
export function lists(message: Pick<SipMessage, 'headers'>, key: string, token: string): boolean {
  return valuesOf(message, key).some((value) => value.toLowerCase() === token.toLowerCase());
}
