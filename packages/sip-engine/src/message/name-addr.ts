import { type Parameter, parameterValue, parametersText, parseParameters } from './parameter.ts';
import { quote, quotedEnd, skipBlank, unquote } from './scan.ts';
import { parseUri, type Uri, uriText } from './uri.ts';

/** A From, To, Contact, Route or Record-Route value: name-addr or addr-spec of RFC 3261 20.10. */
export interface NameAddr {
  /** Without quotes and escapes; undefined when there is none. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** Of the header field, not of the URI. */
  readonly parameters: readonly Parameter[];
}

/**
 * Reads one value. Without angle brackets every parameter belongs to the header field, and a "?" makes the value
 * malformed (RFC 3261 20.10). undefined when it is no such value.
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const start = skipBlank(text, 0);
  if (text.charCodeAt(start) === 0x22) {
    const end = quotedEnd(text, start);
    if (end < 0) return undefined;
    return readBracketed(text, skipBlank(text, end), unquote(text.slice(start, end)));
  }
  const open = bracketAt(text, start);
  if (open < 0) return readBare(text, start);
  const displayName = text.slice(start, open).trimEnd();
  return readBracketed(text, open, displayName === '' ? undefined : displayName);
}

/** Where an unquoted display name ends in "<"; -1 when something comes first that cannot be in one. */
function bracketAt(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x3c) return at;
    if (code === 0x3b || code === 0x2c || code === 0x22 || code === 0x3e) return -1;
  }
  return -1;
}

function readBracketed(
  text: string,
  open: number,
  displayName: string | undefined,
): NameAddr | undefined {
  if (text.charCodeAt(open) !== 0x3c) return undefined;
  const close = text.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = parseUri(text.slice(open + 1, close));
  const parameters = parseParameters(text, close + 1);
  return uri === undefined || parameters === undefined
    ? undefined
    : { displayName, uri, parameters };
}

function readBare(text: string, start: number): NameAddr | undefined {
  const semicolon = text.indexOf(';', start);
  const end = semicolon < 0 ? text.length : semicolon;
  const written = text.slice(start, end).trimEnd();
  if (written.includes('?') || written.includes(',')) return undefined;
  const uri = parseUri(written);
  const parameters = parseParameters(text, end);
  return uri === undefined || parameters === undefined
    ? undefined
    : { displayName: undefined, uri, parameters };
}

/** The inverse of `parseNameAddr`; always with angle brackets, a display name always quoted. */
export function nameAddrText({ displayName, uri, parameters }: NameAddr): string {
  const name = displayName === undefined ? '' : `${quote(displayName)} `;
  return `${name}<${uriText(uri)}>${parametersText(parameters)}`;
}

/** RFC 3261 19.3: the tag of a From or To. */
export function tagOf({ parameters }: NameAddr): string | undefined {
  return parameterValue(parameters, 'tag');
}
