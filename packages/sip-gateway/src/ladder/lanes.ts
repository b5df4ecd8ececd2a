import { glue, printable, type Glyphs } from './glyphs.ts';

/** The columns of a ladder: where each host's lifeline stands. */
export interface Lanes {
  readonly width: number;
  readonly glyphs: Glyphs;
  /** Column of each host, from 0. */
  readonly positions: ReadonlyMap<string, number>;
  /** Columns from one lifeline to the next. */
  readonly gap: number;
}

/** Columns of the time in front. */
export const gutter = 9;
const widestGap = 58;
const narrowestGap = 16;
const labelLength = 17;

/** undefined when so many hosts do not fit beside each other. */
export function layLanes(
  hosts: readonly string[],
  width: number,
  glyphs: Glyphs,
): Lanes | undefined {
  const first = gutter + Math.floor(labelLength / 2);
  const room = width - first - Math.ceil(labelLength / 2);
  const gap = Math.min(widestGap, Math.floor(room / Math.max(1, hosts.length - 1)));
  if (gap < narrowestGap) return undefined;
  const positions = new Map(hosts.map((host, index) => [host, first + index * gap]));
  return { width, glyphs, positions, gap };
}

/** A line with every lifeline, and these texts over it. */
export function laneLine(
  { width, glyphs, positions }: Lanes,
  ...texts: readonly { readonly at: number; readonly text: string }[]
): string {
  const cells = Array.from({ length: width }, () => ' ');
  for (const at of positions.values()) cells[at] = glyphs.lifeline;
  for (const { at, text } of texts) {
    for (const [index, character] of Array.from(text).entries()) {
      if (at + index < width) cells[at + index] = character;
    }
  }
  return cells.join('').trimEnd();
}

/** The hosts' names above their lifelines. */
export function headLine(lanes: Lanes, labelOf: (host: string) => string): string {
  const cells = Array.from({ length: lanes.width }, () => ' ');
  const length = Math.min(lanes.gap - 1, 2 * labelLength);
  for (const [host, at] of lanes.positions) {
    const label = Array.from(printable(labelOf(host), lanes.glyphs, length));
    const wanted = at - Math.floor((label.length - 1) / 2);
    const start = Math.max(0, Math.min(wanted, lanes.width - label.length));
    for (const [index, character] of label.entries()) cells[start + index] = character;
  }
  return cells.join('').trimEnd();
}

/** Words in lines of at most so many columns, all but the first indented; a longer word stands alone. */
export function wrapWords(text: string, columns: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line].map((each) => each.replaceAll(glue, ' '));
}
