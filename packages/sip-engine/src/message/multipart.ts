/** One part of a body of several (RFC 2046 5.1). */
export interface BodyPart {
  /** undefined when none is written: then it is text/plain. */
  readonly contentType: string | undefined;
  /** Content-Encoding of a message, Content-Transfer-Encoding of a part (RFC 2045 6). */
  readonly encoding: string | undefined;
  readonly text: string;
  /** The empty line between header fields and text is missing: what is which, readers guess. */
  readonly isTorn: boolean;
}

/** The boundary that a Content-Type of multipart/... names; undefined for other types. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\s*\//iu.test(contentType)) return undefined;
  const match = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/iu.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** The parts between delimiter lines; what stands before the first one and after the last one is none. */
export function bodyParts(text: string, boundary: string): readonly BodyPart[] {
  const parts: string[][] = [];
  for (const line of text.split(/\r?\n/u)) {
    const delimiter = line.trimEnd();
    if (delimiter === `--${boundary}--`) break;
    if (delimiter === `--${boundary}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.map(partOf);
}

function partOf(lines: readonly string[]): BodyPart {
  const blank = lines.indexOf('');
  const head = unfolded(blank < 0 ? [] : lines.slice(0, blank));
  const contentType = fieldValue(head, 'content-type');
  const encoding = fieldValue(head, 'content-transfer-encoding');
  const isTorn = blank < 0 || head.some((line) => !/^[!-9;-~]+[ \t]*:/u.test(line));
  return { contentType, encoding, text: lines.slice(blank + 1).join('\r\n'), isTorn };
}

/** A line that begins with a blank goes on with the one before (RFC 2822 2.2.3). */
function unfolded(lines: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const before = whole.pop();
    if (before !== undefined && /^[ \t]/u.test(line)) whole.push(`${before} ${line.trim()}`);
    else {
      if (before !== undefined) whole.push(before);
      whole.push(line);
    }
  }
  return whole;
}

function fieldValue(lines: readonly string[], name: string): string | undefined {
  const field = lines.find((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && line.slice(0, colon).trim().toLowerCase() === name;
  });
  return field?.slice(field.indexOf(':') + 1).trim();
}
