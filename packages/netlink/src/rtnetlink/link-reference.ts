import { inputError } from '../errors.ts';
import type { LinkRef } from './link.ts';

/** @throws NetlinkError `EINPUT` when it cannot name a link. */
export function checkedReference(by: LinkRef): LinkRef {
  if ('name' in by) checkLinkName(by.name);
  if ('altName' in by) checkAltName(by.altName);
  return by;
}

/** ALTIFNAMSIZ is 128 with the zero. */
export function checkAltName(name: string): void {
  if (/^[^/\s\0:]{1,127}$/.test(name) && name !== '.' && name !== '..') return;
  throw inputError(
    `"${name}" cannot be an alternative name of a link`,
    'Use 1 to 127 characters, without slash, colon and white space.',
  );
}

/** Longer names are cut or refused differently by different kernels; IFNAMSIZ is 16 with the zero. */
export function checkLinkName(name: string): void {
  if (/^[^/\s\0:]{1,15}$/.test(name) && name !== '.' && name !== '..') return;
  throw inputError(
    `"${name}" cannot name a link`,
    'Use 1 to 15 characters, without slash, colon and white space.',
  );
}

/** For messages. */
export function sayLink(by: LinkRef): string {
  if ('index' in by) return `with index ${String(by.index)}`;
  return 'name' in by ? by.name : by.altName;
}
