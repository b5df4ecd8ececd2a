import { headerKey, usualHeader } from './header-name.ts';
import type { HeaderField } from './message.ts';
import { blankStart, hasEscape, skipBlank, tokenEnd } from './scan.ts';

/**
 * Reads one unfolded line (RFC 3261 7.3.1), which stands in `text` from `from` to `end`, where the text ends or a line end follows; undefined when
 * it is no header field. A name with an escape is none, though the grammar has it: nobody uses one, and drachtio-srf would read C%6Fntact as Contact.
 */
export function readHeaderField(
  text: string,
  from = 0,
  end: number = text.length,
): HeaderField | undefined {
  const nameEnd = tokenEnd(text, from);
  if (nameEnd === from) return undefined;
  const colon = skipBlank(text, nameEnd);
  if (text.charCodeAt(colon) !== 0x3a) return undefined;
  const start = skipBlank(text, colon + 1);
  const value = text.slice(start, blankStart(text, start, end));
  const usual = usualHeader(text, from, nameEnd);
  if (usual !== undefined) return { name: usual.name, key: usual.key, value };
  const name = text.slice(from, nameEnd);
  if (hasEscape(name)) return undefined;
  return { name, key: headerKey(name), value };
}
