import { headerKey } from './header-name.ts';
import type { HeaderField } from './message.ts';
import { skipBlank, tokenEnd, trimBlank } from './scan.ts';

/** Reads one unfolded line (RFC 3261 7.3.1); undefined when it is no header field. */
export function readHeaderField(line: string): HeaderField | undefined {
  const nameEnd = tokenEnd(line, 0);
  if (nameEnd === 0) return undefined;
  const colon = skipBlank(line, nameEnd);
  if (line.charCodeAt(colon) !== 0x3a) return undefined;
  const name = line.slice(0, nameEnd);
  return { name, key: headerKey(name), value: trimBlank(line.slice(colon + 1)) };
}
