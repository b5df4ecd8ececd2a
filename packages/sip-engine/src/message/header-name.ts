/** Compact forms of the IANA registry "Session Initiation Protocol (SIP) Parameters", Header Fields. */
const compactForms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'accept-contact',
    b: 'referred-by',
    c: 'content-type',
    d: 'request-disposition',
    e: 'content-encoding',
    f: 'from',
    i: 'call-id',
    j: 'reject-contact',
    k: 'supported',
    l: 'content-length',
    m: 'contact',
    n: 'identity-info',
    o: 'event',
    r: 'refer-to',
    s: 'subject',
    t: 'to',
    u: 'allow-events',
    v: 'via',
    x: 'session-expires',
    y: 'identity',
  }),
);

const usualNames = [
  'Via',
  'Max-Forwards',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Content-Type',
  'Content-Length',
  'Allow',
  'Supported',
  'Require',
  'User-Agent',
  'Server',
  'Route',
  'Record-Route',
  'Session-Expires',
  'Min-SE',
  'Subject',
  'Reason',
  'P-Asserted-Identity',
] as const;

/** Names as they are mostly written, and as drachtio-srf writes them, so that the usual header costs one look-up and no new string. */
const knownKeys: ReadonlyMap<string, string> = new Map([
  ...usualNames.map((name) => [name, name.toLowerCase()] as const),
  ...usualNames.map((name) => [name.toLowerCase(), name.toLowerCase()] as const),
  ...compactForms,
]);

/** A header name as it is written, and what it is looked up by. */
interface HeaderName {
  readonly name: string;
  readonly key: string;
}

/** First character and length tell the usual names apart, but for a few. */
const greatestUsualLength = 32;
const bySpelling: (HeaderName[] | undefined)[] = [];
for (const [name, key] of knownKeys) {
  const shape = shapeOf(name.charCodeAt(0), name.length);
  (bySpelling[shape] ??= []).push({ name, key });
}

function shapeOf(first: number, length: number): number {
  return first * greatestUsualLength + length;
}

/** The name that stands in `text` from `from` to `end`, with no new string; undefined when it is no usual one. */
export function usualHeader(text: string, from: number, end: number): HeaderName | undefined {
  const length = end - from;
  if (length >= greatestUsualLength) return undefined;
  const alike = bySpelling[shapeOf(text.charCodeAt(from), length)];
  if (alike === undefined) return undefined;
  for (const each of alike) if (text.startsWith(each.name, from)) return each;
  return undefined;
}

/** What a header name is looked up by: lower case, the compact form expanded. */
export function headerKey(name: string): string {
  const known = knownKeys.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return compactForms.get(lower) ?? lower;
}
