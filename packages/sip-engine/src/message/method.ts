import { hasEscape } from './scan.ts';

/** Methods that drachtio-srf 5.0.29 has handlers for: those of its sip-methods. */
export const handled = [
  'INVITE',
  'BYE',
  'REGISTER',
  'INFO',
  'SUBSCRIBE',
  'OPTIONS',
  'MESSAGE',
  'NOTIFY',
  'CANCEL',
  'UPDATE',
  'PRACK',
  'ACK',
  'REFER',
  'PUBLISH',
] as const;
const handledOnes: ReadonlySet<string> = new Set(handled);

/**
 * Whether drachtio-srf would take this method for another one. It reads escapes (IN%56ITE; RFC 4475 section 3.1.1.5), and gives a
 * request to the handler of each method that it begins with in any case (invite, INVITEX); methods are what they are, letter
 * by letter (RFC 3261 section 7.1).
 */
export function isTakenForAnother(method: string): boolean {
  if (handledOnes.has(method)) return false;
  const upper = method.toUpperCase();
  return hasEscape(method) || handled.some((each) => upper.startsWith(each));
}
