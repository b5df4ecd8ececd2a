/** RFC 3261 25.1 "token". */
const tokenMarks = "-.!%*_+`'~";
const tokenTable: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  isAlphanumeric(code) || tokenMarks.includes(String.fromCharCode(code)) ? 1 : 0,
);

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Space or tab: what is left of linear white space once lines are unfolded. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Where the blanks before `end` begin, not before `from`. */
export function blankStart(text: string, from: number, end: number = text.length): number {
  let to = end;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return to;
}

/** Takes away the blanks at both ends, and no other kind of white space. */
export function trimBlank(text: string): string {
  const from = skipBlank(text, 0);
  return text.slice(from, blankStart(text, from));
}

/** Where the token that starts at `from` ends; `from` itself when there is none. */
export function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && tokenTable[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

export function isToken(text: string): boolean {
  return text !== '' && tokenEnd(text, 0) === text.length;
}

/** `text[from]` is a quote. Where its quoted string ends, past the closing quote; -1 when it never closes. */
export function quotedEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
  }
  return -1;
}

/** The text inside a quoted string, escapes taken away. */
export function unquote(quoted: string): string {
  const inside = quoted.slice(1, -1);
  return inside.includes('\\') ? inside.replaceAll(/\\(.)/gsu, '$1') : inside;
}

export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
}

/** A run of digits as a number no greater than `most`; undefined for anything else. */
export function parseNumber(text: string, most: number): number | undefined {
  if (text.length === 0) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return undefined;
    value = value * 10 + code - 0x30;
    if (value > most) return undefined;
  }
  return value;
}

/**
 * The values of a comma separated header field, blanks around them taken away. Commas in quoted strings and
 * between angle brackets separate nothing. Elements may come out empty: their own parser refuses them.
 */
export function splitValues(text: string): readonly string[] {
  if (!text.includes(',')) return [text];
  const values: string[] = [];
  let start = 0;
  for (let at = valueEnd(text, 0); ; at = valueEnd(text, start)) {
    values.push(text.slice(start, at).trim());
    if (at >= text.length) return values;
    start = at + 1;
  }
}

/** Where the value that starts at `from` ends: at its comma, or at the end of the text. */
export function valueEnd(text: string, from: number): number {
  let isBracketed = false;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22 && !isBracketed) {
      const end = quotedEnd(text, at);
      if (end < 0) return text.length;
      at = end - 1;
    } else if (code === 0x3c) isBracketed = true;
    else if (code === 0x3e) isBracketed = false;
    else if (code === 0x2c && !isBracketed) return at;
  }
  return text.length;
}

// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/u;

/** A control character other than TAB: it would break the line that the text stands in. */
export function hasControl(text: string): boolean {
  // not charCodeAt: of a text that was cut out of another one that takes twice the time
  return control.test(text);
}

const escape = /%(?:[0-9a-f]{2}|u[0-9a-f]{4})/iu;

/** Whether a token holds what JavaScript's `unescape` would read as another character, as drachtio-srf does with methods and names. */
export function hasEscape(token: string): boolean {
  return token.includes('%') && escape.test(token);
}
