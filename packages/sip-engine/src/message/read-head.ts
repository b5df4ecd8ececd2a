import { type Flaw, malformed } from './flaw.ts';
import type { MessageLimits } from './parsed.ts';
import { trimBlank } from './scan.ts';

/** Start line and header fields, found but not read. */
export interface Head {
  /** Folded lines are joined. The first one is the start line. */
  readonly lines: readonly string[];
  /** Where the body begins. */
  readonly bodyStart: number;
  /** The first thing wrong with the text itself; `lines` then hold what came before. */
  readonly flaw: Flaw | undefined;
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
  const bounds: number[] = [];
  let lineStart = start;
  let isAscii = true;
  const finish = (bodyStart: number, flaw: Flaw | undefined): Head =>
    headOf(bytes, bounds, { isAscii, bodyStart, flaw });
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x20 && byte < 0x7f) continue;
    if (byte >= 0x80) isAscii = false;
    else if (byte === 0x0d && bytes[at + 1] === 0x0a) {
      if (at === lineStart) return finish(at + 2, undefined);
      const flaw = addLine(bytes, bounds, { from: lineStart, to: at }, limits);
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

/** `bounds` holds the start and the end of each line; a folded line (RFC 3261 7.3.1) moves the end of the one before. */
function addLine(
  bytes: Uint8Array,
  bounds: number[],
  { from, to }: { readonly from: number; readonly to: number },
  limits: MessageLimits,
): Flaw | undefined {
  const isFolded = bytes[from] === 0x20 || bytes[from] === 0x09;
  if (isFolded && bounds.length < 4) {
    return malformed('StartLineMalformed', 'a line before the first header field is folded');
  }
  if (isFolded) bounds[bounds.length - 1] = to;
  else bounds.push(from, to);
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

function headOf(
  bytes: Uint8Array,
  bounds: readonly number[],
  found: { readonly isAscii: boolean; readonly bodyStart: number; readonly flaw: Flaw | undefined },
): Head {
  const lines: string[] = [];
  const first = bounds[0] ?? 0;
  const text = found.isAscii ? decoder.decode(bytes.subarray(first, bounds.at(-1) ?? first)) : '';
  let { flaw } = found;
  for (let at = 0; at + 1 < bounds.length; at += 2) {
    const from = bounds[at] ?? 0;
    const to = bounds[at + 1] ?? 0;
    const line = found.isAscii
      ? text.slice(from - first, to - first)
      : decoded(bytes.subarray(from, to));
    if (line === undefined) {
      flaw ??= malformed('TextNotUtf8', 'a line of the head is not UTF-8');
      continue;
    }
    lines.push(line.includes('\r') ? unfold(line) : line);
  }
  return { lines, bodyStart: found.bodyStart, flaw };
}

/** RFC 3261 7.3.1: a fold and the blanks around it are one space. In time that grows with the length only. */
function unfold(line: string): string {
  return line.split('\r\n').map(trimBlank).join(' ');
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
