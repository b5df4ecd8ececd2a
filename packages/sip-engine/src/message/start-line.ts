import { type Flaw, malformed, shown } from './flaw.ts';
import { isToken, parseNumber } from './scan.ts';
import { parseUri } from './uri.ts';

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly requestUri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reasonPhrase: string }
  | {
      readonly kind: 'flawed';
      readonly flaw: Flaw;
      /** The first word: the method of what was meant as a request. */
      readonly method: string;
      readonly isResponse: boolean;
    };

/** Reads a Request-Line (RFC 3261 7.1) or a Status-Line (7.2). */
export function parseStartLine(line: string): StartLine {
  const isStatusLine = (line.charCodeAt(0) | 0x20) === 0x73 && /^SIP\s*\//iu.test(line);
  return isStatusLine ? parseStatusLine(line) : parseRequestLine(line);
}

function parseStatusLine(line: string): StartLine {
  const isKnown = line.startsWith('SIP/2.0 ') || /^SIP\/2\.0 /iu.test(line);
  const status = isKnown ? parseNumber(line.slice(8, 11), 699) : undefined;
  const isWhole = line.length === 11 || line.charCodeAt(11) === 0x20;
  if (status !== undefined && status >= 100 && isWhole) {
    return { kind: 'response', status, reasonPhrase: line.slice(12) };
  }
  const flaw = malformed('StartLineMalformed', `${shown(line)} is no status line of SIP/2.0`);
  return { kind: 'flawed', flaw, method: '', isResponse: true };
}

function parseRequestLine(line: string): StartLine {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = line.slice(0, Math.max(first, 0));
  const version = line.slice(last + 1);
  const requestUri = line.slice(first + 1, last);
  const refuse = (flaw: Flaw): StartLine => ({ kind: 'flawed', flaw, method, isResponse: false });
  const isOurs = version === 'SIP/2.0' || version.toUpperCase() === 'SIP/2.0';
  const isVersion = isOurs || /^SIP\/[0-9]+\.[0-9]+$/iu.test(version);
  if (first < 1 || last === first || !isToken(method) || !isVersion) {
    return refuse(malformed('StartLineMalformed', `${shown(line)} is no request line`));
  }
  if (!isOurs) {
    const reason = `the version is ${shown(version)}, not SIP/2.0`;
    return refuse({ code: 'VersionUnknown', status: 505, reason });
  }
  const uri = parseUri(requestUri);
  if (uri === undefined || (uri.kind === 'sip' && uri.headers.length > 0)) {
    const reason = `${shown(requestUri)} is no Request-URI`;
    return refuse(malformed('RequestUriMalformed', reason));
  }
  return { kind: 'request', method, requestUri };
}
