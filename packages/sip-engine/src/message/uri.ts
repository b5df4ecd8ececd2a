import { hostPortText, readHostPort } from './host-port.ts';
import { type Parameter, parametersText, withoutParameter } from './parameter.ts';

/** RFC 3261 19.1.1. Escapes (%xx) are kept as written. */
export interface SipUri {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** An IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: readonly Parameter[];
  /** What follows "?". */
  readonly headers: readonly Parameter[];
}

/** Any other scheme: tel, urn, http ... */
export interface OtherUri {
  readonly kind: 'other';
  /** Lower case. */
  readonly scheme: string;
  /** Everything after the first colon. */
  readonly rest: string;
}

/** A sip or sips URI in its parts, or any other URI as its scheme and the rest (RFC 3261 19.1, RFC 3986). */
export type Uri = SipUri | OtherUri;

/** undefined when it is no URI, or a sip or sips URI that RFC 3261 19.1.1 does not allow. */
export function parseUri(text: string): Uri | undefined {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1 || !isUriText(text)) return undefined;
  const scheme = text.startsWith('sip:') ? 'sip' : text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(scheme, text, colon + 1);
  if (!/^[a-z][a-z0-9+.-]*$/u.test(scheme)) return undefined;
  return { kind: 'other', scheme, rest: text.slice(colon + 1) };
}

/** Printable ASCII with no blank, quote or angle bracket; each "%" begins an escape. */
function isUriText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) return false;
    if (code === 0x22 || code === 0x3c || code === 0x3e) return false;
    if (code === 0x25 && !(isHex(text.charCodeAt(at + 1)) && isHex(text.charCodeAt(at + 2)))) {
      return false;
    }
  }
  return true;
}

function isHex(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function parseSipUri(scheme: 'sip' | 'sips', text: string, start: number): SipUri | undefined {
  const at = text.indexOf('@', start);
  if (at === start || (at > 0 && text.includes('@', at + 1))) return undefined;
  const userInfo = at < 0 ? undefined : text.slice(start, at);
  const colon = userInfo?.indexOf(':') ?? -1;
  if (colon === 0) return undefined;
  const user = colon < 0 ? userInfo : userInfo?.slice(0, colon);
  const password = colon < 0 ? undefined : userInfo?.slice(colon + 1);
  const hostPort = readHostPort(text, at < 0 ? start : at + 1, false);
  if (hostPort === undefined) return undefined;
  const { host, port, end } = hostPort;
  const tail = parseTail(text, end);
  if (tail === undefined) return undefined;
  const { parameters, headers } = tail;
  return { kind: 'sip', scheme, user, password, host, port, parameters, headers };
}

type Tail = Pick<SipUri, 'parameters' | 'headers'>;
const noTail: Tail = { parameters: [], headers: [] };

function parseTail(text: string, from: number): Tail | undefined {
  if (from === text.length) return noTail;
  const mark = text.indexOf('?', from);
  const parametersEnd = mark < 0 ? text.length : mark;
  if (parametersEnd > from && text.charCodeAt(from) !== 0x3b) return undefined;
  const parameters =
    parametersEnd === from ? [] : parsePairs(text.slice(from + 1, parametersEnd), ';');
  const headers = mark < 0 ? [] : parsePairs(text.slice(mark + 1), '&');
  return parameters === undefined || headers === undefined ? undefined : { parameters, headers };
}

function parsePairs(text: string, separator: string): readonly Parameter[] | undefined {
  const pairs: Parameter[] = [];
  for (const pair of text.split(separator)) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name === '') return undefined;
    pairs.push({ name, value: equals < 0 ? undefined : pair.slice(equals + 1) });
  }
  return pairs;
}

/** What of a URI may stand in a Request-URI: no header fields and no method (RFC 3261 19.1.1, table 1). */
export function asRequestUri(text: string): string {
  if (!/\?|;method=/iu.test(text)) return text;
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') return text;
  const parameters = withoutParameter(uri.parameters, 'method');
  return uriText({ ...uri, parameters, headers: [] });
}

/** The inverse of `parseUri`. */
export function uriText(uri: Uri): string {
  if (uri.kind === 'other') return `${uri.scheme}:${uri.rest}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const headers = uri.headers.length === 0 ? '' : `?${headersText(uri.headers)}`;
  return `${uri.scheme}:${user}${hostPortText(uri)}${parametersText(uri.parameters)}${headers}`;
}

function headersText(headers: readonly Parameter[]): string {
  return headers
    .map(({ name, value }) => (value === undefined ? name : `${name}=${value}`))
    .join('&');
}
