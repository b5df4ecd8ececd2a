/** Lines of the demo are at most this long. */
export const maxColumns = 100;

/** Breaks text at blanks into lines of at most `width` columns; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Wrapped text after a prefix; the lines after the first are indented as far. */
export function hang(prefix: string, text: string): readonly string[] {
  const blank = ' '.repeat(prefix.length);
  const lines = wrap(text, maxColumns - prefix.length);
  return lines.map((line, index) => `${index === 0 ? prefix : blank}${line}`);
}

/** Shortens a sentence to `width` columns: its first clause where that fits, else an ellipsis. */
export function shorten(sentence: string, width: number): string {
  const whole = sentence.replace(/\.$/, '');
  if (whole.length <= width) return whole;
  const clause = /^(.*?)[:;,] /.exec(whole)?.[1];
  return clause !== undefined && clause.length <= width ? clause : elide(whole, width);
}

/** Cuts text off at `width` columns, with an ellipsis where something is missing. */
export function elide(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1).trimEnd()}…`;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Aligned rows under a heading line, two blanks between columns, indented by two. */
export function layTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): { readonly heading: string; readonly lines: readonly string[] } {
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const lay = (cells: readonly string[]): string =>
    `  ${columns
      .map((column, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return column.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')}`.trimEnd();
  return { heading: lay(columns.map(({ title }) => title)), lines: rows.map(lay) };
}
