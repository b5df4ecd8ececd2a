/** How text is coloured; each function leaves the visible width as it is. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;

export const plainPaint: Paint = {
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
};

/** ECMA-48 "select graphic rendition" sequences. */
const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001B[${on}m${text}\u001B[${off}m`;

export const colourPaint: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};

export interface Terminal {
  readonly isTty: boolean;
  /** NO_COLOR (no-color.org): present and not empty means no colour. */
  readonly noColor: string | undefined;
  readonly term: string | undefined;
}

/** Colour on a terminal that can show it and whose owner did not say no. */
export function choosePaint(terminal: Terminal): Paint {
  const refused = terminal.noColor !== undefined && terminal.noColor !== '';
  return terminal.isTty && !refused && terminal.term !== 'dumb' ? colourPaint : plainPaint;
}
