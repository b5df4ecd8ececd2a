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

/** What a header name is looked up by: lower case, the compact form expanded. */
export function headerKey(name: string): string {
  const known = knownKeys.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return compactForms.get(lower) ?? lower;
}
