import type { HeaderField } from './message.ts';
import { parseNameAddr } from './name-addr.ts';
import type { Head } from './read-head.ts';
import { readHeaderField } from './read-header-field.ts';
import { valueEnd } from './scan.ts';
import { parseVia } from './via.ts';

const repeated = ['from', 'to', 'call-id', 'cseq'] as const;

/**
 * What an answer to a refused request repeats (RFC 3261 8.2.6.2), as far as the request can be trusted: the topmost Via
 * must say where the answer goes, the To must be readable (it gets a tag), the others must be there once. undefined when
 * no answer is possible; an ACK is never answered (17.1.1.3).
 */
export function answerHeaders(head: Head, method: string): readonly HeaderField[] | undefined {
  if (method === 'ACK') return undefined;
  const vias: HeaderField[] = [];
  const others = new Map<string, HeaderField>();
  for (const line of head.lines.slice(1)) {
    const field = readHeaderField(line);
    if (field?.key === 'via') vias.push(field);
    else if (field !== undefined && repeated.some((key) => key === field.key)) {
      if (others.has(field.key)) return undefined;
      others.set(field.key, field);
    }
  }
  const top = vias[0]?.value;
  if (top === undefined || parseVia(top.slice(0, valueEnd(top, 0)).trimEnd()) === undefined) {
    return undefined;
  }
  const to = others.get('to');
  if (to === undefined || parseNameAddr(to.value) === undefined) return undefined;
  const found = repeated.flatMap((key) => others.get(key) ?? []);
  return found.length === repeated.length ? [...vias, ...found] : undefined;
}
