import { inputError } from '../errors.ts';

/** `02:00:00:00:00:01` to bytes. */
export function parseMacAddress(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/.test(text)) {
    throw inputError(
      `"${text}" is not a MAC address`,
      'Give six bytes, such as 02:00:00:00:00:01.',
    );
  }
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** Bytes to lower-case hexadecimal with colons. */
export function formatMacAddress(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
