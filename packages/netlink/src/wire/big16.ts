import { inputError } from '../errors.ts';

/**
 * A u16 in network byte order, whatever the host's.
 * @throws NetlinkError `EINPUT`; `what` is what the number was to be: "port".
 */
export function big16(value: number, what: string): Uint8Array {
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) {
    return Uint8Array.of(value >> 8, value & 0xff);
  }
  throw inputError(`${String(value)} is no ${what}`, 'Use 0 to 65535.');
}
