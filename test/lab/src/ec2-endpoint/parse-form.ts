import { refuse } from './refusal.ts';

/** The parameters of a request as they were sent: flat names such as `Filter.1.Value.2`. */
export type Form = ReadonlyMap<string, string>;

/** More than any action here can need: CreateTags takes 1,000 resources and 50 tags. */
const parameterLimit = 5000;

/**
 * Parses an application/x-www-form-urlencoded body. Refuses with MalformedQueryString what is not UTF-8
 * or wrongly escaped, with InvalidQueryParameter a name given twice, and with InvalidCharacter what an XML
 * answer could not repeat.
 */
export function parseForm(body: Uint8Array): Form {
  const form = new Map<string, string>();
  for (const pair of decodeUtf8(body).split('&')) {
    if (pair === '') continue;
    const [rawName = '', ...rest] = pair.split('=');
    const name = decodeText(rawName);
    if (name === '') refuse('MalformedQueryString', `A parameter has no name: "${pair}"`);
    if (form.has(name)) {
      refuse('InvalidQueryParameter', `The parameter ${name} is given more than once`);
    }
    form.set(name, decodeText(rest.join('=')));
    if (form.size > parameterLimit) {
      refuse('InvalidQueryParameter', `The request has more than ${parameterLimit} parameters`);
    }
  }
  return form;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('MalformedQueryString', 'The body is not UTF-8 text');
  }
}

function decodeText(escaped: string): string {
  const text = unescapePercent(escaped.replaceAll('+', ' '));
  if (!isXmlText(text)) {
    refuse('InvalidCharacter', `A parameter has a character that is not allowed: "${escaped}"`);
  }
  return text;
}

function unescapePercent(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return refuse('MalformedQueryString', `"${escaped}" is not percent-encoded UTF-8`);
  }
}

/** XML 1.0, production Char: no control characters but tab and line ends, no lone surrogates. */
function isXmlText(text: string): boolean {
  return text.isWellFormed() && !/[^\t\n\r\u{20}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text);
}
