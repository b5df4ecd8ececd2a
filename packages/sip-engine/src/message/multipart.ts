/** One part of a body of several (RFC 2046 5.1). */
export interface BodyPart {
  readonly contentType: string;
  readonly text: string;
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
  const head = blank < 0 ? [] : lines.slice(0, blank);
  const field = head.find((line) => /^content-type\s*:/iu.test(line));
  const contentType = field?.slice(field.indexOf(':') + 1).trim() ?? 'text/plain';
  return { contentType, text: lines.slice(blank + 1).join('\r\n') };
}
