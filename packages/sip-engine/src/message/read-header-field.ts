import { headerKey, usualHeader } from './header-name.ts';
import type { HeaderField } from './message.ts';
import { blankStart, hasEscape, skipBlank, tokenEnd } from './scan.ts';

/**
 * Reads one unfolded line (RFC 3261 7.3.1); undefined when it is no header field. A name with an escape is none, though the grammar has it:
 * nobody uses one, and drachtio-srf would read C%6Fntact as Contact.
 */
export function readHeaderField(line: string): HeaderField | undefined {
  const nameEnd = tokenEnd(line, 0);
  if (nameEnd === 0) return undefined;
  const colon = skipBlank(line, nameEnd);
  if (line.charCodeAt(colon) !== 0x3a) return undefined;
  const from = skipBlank(line, colon + 1);
  const value = line.slice(from, blankStart(line, from));
  const usual = usualHeader(line, 0, nameEnd);
  if (usual !== undefined) return { name: usual.name, key: usual.key, value };
  const name = line.slice(0, nameEnd);
  if (hasEscape(name)) return undefined;
  return { name, key: headerKey(name), value };
}
