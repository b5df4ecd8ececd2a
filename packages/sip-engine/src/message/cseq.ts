import { isBlank, isDigit, parseNumber, skipBlank, tokenEnd } from './scan.ts';

/** RFC 3261 20.16. */
export interface CSeq {
  /** 0 to 2^31 - 1. */
  readonly sequence: number;
  readonly method: string;
}

const greatestSequence = 2 ** 31 - 1;

/** undefined when it is no CSeq, or one above 2^31 - 1 (RFC 3261 8.1.1.5). */
export function parseCSeq(text: string): CSeq | undefined {
  let at = 0;
  while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
  const sequence = parseNumber(text.slice(0, at), greatestSequence);
  if (sequence === undefined || !isBlank(text.charCodeAt(at))) return undefined;
  const start = skipBlank(text, at);
  const end = tokenEnd(text, start);
  if (end === start || end !== text.length) return undefined;
  return { sequence, method: text.slice(start) };
}

/** The value of a CSeq header field (RFC 3261 20.16). */
export function cseqText({ sequence, method }: CSeq): string {
  return `${sequence} ${method}`;
}
