import type { HeaderField } from './message.ts';
import type { Head } from './read-head.ts';
import { readHeaderField } from './read-header-field.ts';
import { valueEnd } from './scan.ts';
import { parseVia } from './via.ts';

const repeated = ['from', 'to', 'call-id', 'cseq'] as const;

/**
 * What an answer to a refused request repeats (RFC 3261 8.2.6.2), as far as it is there: the topmost Via must say where the answer
 * goes, and there must be a CSeq, without which nobody could tell what is answered (17.1.3). Of what stands twice the first. undefined when no
 * answer is possible; an ACK is never answered (17.1.1.3).
 */
export function answerHeaders(head: Head, method: string): readonly HeaderField[] | undefined {
  if (method === 'ACK') return undefined;
  const vias: HeaderField[] = [];
  const others = new Map<string, HeaderField>();
  const { text, bounds } = head;
  for (let at = 2; at < bounds.length; at += 2) {
    const field = readHeaderField(text, bounds[at], bounds[at + 1]);
    if (field?.key === 'via') vias.push(field);
    else if (field !== undefined && !others.has(field.key)) others.set(field.key, field);
  }
  const top = vias[0]?.value;
  if (top === undefined || parseVia(top.slice(0, valueEnd(top, 0)).trimEnd()) === undefined) {
    return undefined;
  }
  if (!others.has('cseq')) return undefined;
  return [...vias, ...repeated.flatMap((key) => others.get(key) ?? [])];
}
