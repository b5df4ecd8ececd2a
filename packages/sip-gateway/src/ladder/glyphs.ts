import type { JudgedTuple } from './ladder-call.ts';

/** What lines, arrows and marks are drawn with. */
export interface Glyphs {
  readonly lifeline: string;
  readonly message: string;
  readonly media: string;
  readonly right: string;
  readonly left: string;
  readonly times: string;
  readonly cut: string;
  readonly marks: Readonly<Record<JudgedTuple['verdict'], string>>;
}

export const unicodeGlyphs: Glyphs = {
  lifeline: '│',
  message: '─',
  media: '═',
  right: '►',
  left: '◄',
  times: '×',
  cut: '…',
  marks: { same: '✓', different: '✗', 'not-seen': '·', 'not-judged': '·' },
};

export const asciiGlyphs: Glyphs = {
  lifeline: '|',
  message: '-',
  media: '=',
  right: '>',
  left: '<',
  times: 'x',
  cut: '~',
  marks: { same: 'ok', different: 'XX', 'not-seen': '..', 'not-judged': '..' },
};

/** A blank at which no line is broken. */
export const glue = '\u00a0';

/** What a peer wrote, with nothing in it that a terminal would obey, at most so long. */
export function printable(text: string, glyphs: Glyphs, length: number): string {
  const safe = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  if (safe.length <= length) return safe;
  return `${safe.slice(0, Math.max(0, length - glyphs.cut.length))}${glyphs.cut}`;
}
