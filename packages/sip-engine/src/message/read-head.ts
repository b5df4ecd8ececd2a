import { bufferOf } from './buffer-of.ts';
import { type Flaw, malformed } from './flaw.ts';
import type { MessageLimits } from './parsed.ts';
import { trimBlank } from './scan.ts';

/** Start line and header fields, found but not read. */
export interface Head {
  /** The lines, one after another, with line ends between them; folded ones are joined. */
  readonly text: string;
  /** Where in `text` each line begins and ends, in turn: the start line, then the header fields. */
  readonly bounds: readonly number[];
  /** Where the body begins, in the message. */
  readonly bodyStart: number;
  /** Whether `text` is what the message begins with: all ASCII, with nothing folded. */
  readonly isVerbatim: boolean;
  /** The first thing wrong with the text itself; `bounds` then tell what came before. */
  readonly flaw: Flaw | undefined;
}

/** The line of that index, or an empty one when there are fewer. */
export function lineOf({ text, bounds }: Head, index: number): string {
  return text.slice(bounds[2 * index] ?? 0, bounds[2 * index + 1] ?? 0);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** First byte that is neither CR nor LF: lines before a start line are ignored (RFC 3261 7.5). */
export function startOfMessage(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 0x0d || bytes[at] === 0x0a)) at += 1;
  return at;
}

/**
 * Finds the lines in one pass over the bytes, up to the blank line. Lines end in CRLF; a bare CR or LF, any other control
 * character but the tab, and bytes that are no UTF-8 are refused: two readers could differ on them.
 */
export function readHead(bytes: Uint8Array, start: number, limits: MessageLimits): Head {
  const lines: Lines = { bounds: [], isFolded: false };
  let lineStart = start;
  let isAscii = true;
  const finish = (bodyStart: number, flaw: Flaw | undefined): Head =>
    isAscii && !lines.isFolded
      ? { ...verbatim(bytes, lines.bounds), bodyStart, isVerbatim: true, flaw }
      : { ...decoded(bytes, lines.bounds, flaw), bodyStart, isVerbatim: false };
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x20 && byte < 0x7f) continue;
    if (byte >= 0x80) isAscii = false;
    else if (byte === 0x0d && bytes[at + 1] === 0x0a) {
      if (at === lineStart) return finish(at + 2, undefined);
      const flaw = addLine(bytes, lines, { from: lineStart, to: at }, limits);
      if (flaw !== undefined) return finish(bytes.length, flaw);
      at += 1;
      lineStart = at + 1;
    } else if (byte !== 0x09) return finish(bytes.length, controlFlaw(byte));
  }
  const reason = 'the blank line after the header fields is missing';
  return finish(bytes.length, malformed('HeadUnfinished', reason));
}

function controlFlaw(byte: number): Flaw {
  return byte === 0x0d || byte === 0x0a
    ? malformed('LineEndMalformed', 'a line ends in a bare CR or LF')
    : malformed('HeaderMalformed', `the head holds the control character ${byte}`);
}

/** What was found so far: begin and end of each line, in the message. */
interface Lines {
  readonly bounds: number[];
  isFolded: boolean;
}

/** `bounds` holds the start and the end of each line; a folded line (RFC 3261 7.3.1) moves the end of the one before. */
function addLine(
  bytes: Uint8Array,
  lines: Lines,
  { from, to }: { readonly from: number; readonly to: number },
  limits: MessageLimits,
): Flaw | undefined {
  const { bounds } = lines;
  const isFolded = bytes[from] === 0x20 || bytes[from] === 0x09;
  if (isFolded && bounds.length < 4) {
    return malformed('StartLineMalformed', 'a line before the first header field is folded');
  }
  if (isFolded) {
    lines.isFolded = true;
    bounds[bounds.length - 1] = to;
  } else bounds.push(from, to);
  const lineStart = bounds[bounds.length - 2] ?? from;
  if (to - lineStart > limits.lineLength) return lengthFlaw(bounds.length === 2, bounds, limits);
  if (bounds.length / 2 > limits.headers + 1) {
    bounds.length -= 2;
    const reason = `there are more than ${limits.headers} header fields`;
    return { code: 'TooManyHeaders', status: 513, reason };
  }
  return undefined;
}

/** RFC 3261 21.4.15 for the start line, whose long part is the Request-URI; 21.5.8 for a header field. */
function lengthFlaw(isStartLine: boolean, bounds: number[], limits: MessageLimits): Flaw {
  if (!isStartLine) bounds.length -= 2;
  const reason = `is longer than ${limits.lineLength} bytes`;
  return isStartLine
    ? { code: 'RequestUriTooLong', status: 414, reason: `the start line ${reason}` }
    : { code: 'LineTooLong', status: 513, reason: `a header field ${reason}` };
}

type Text = Pick<Head, 'text' | 'bounds'>;

/** The lines as they stand in the message, in which everything is ASCII. */
function verbatim(bytes: Uint8Array, bounds: number[]): Text {
  const first = bounds[0] ?? 0;
  const text = bufferOf(bytes).toString('latin1', first, bounds.at(-1) ?? first);
  for (let at = 0; at < bounds.length; at += 1) bounds[at] = (bounds[at] ?? 0) - first;
  return { text, bounds };
}

/** The lines one by one, as far as they are UTF-8. */
function decoded(
  bytes: Uint8Array,
  found: readonly number[],
  flawBefore: Flaw | undefined,
): Text & Pick<Head, 'flaw'> {
  let text = '';
  const bounds: number[] = [];
  let flaw = flawBefore;
  for (let at = 0; at + 1 < found.length; at += 2) {
    const line = lineFrom(bytes.subarray(found[at], found[at + 1]));
    if (line === undefined) {
      flaw ??= malformed('TextNotUtf8', 'a line of the head is not UTF-8');
      continue;
    }
    bounds.push(text.length, text.length + line.length);
    text += `${line}\r\n`;
  }
  return { text, bounds, flaw };
}

/** RFC 3261 7.3.1: a fold and the blanks around it are one space. In time that grows with the length only. */
function unfold(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r\n').map(trimBlank).join(' ');
}

function lineFrom(bytes: Uint8Array): string | undefined {
  try {
    return unfold(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
