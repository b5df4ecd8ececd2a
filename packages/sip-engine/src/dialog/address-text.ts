import { parameterValue, parseParameters } from '../message/parameter.ts';
import { quotedEnd } from '../message/scan.ts';

/** The parts of a From, To, Contact or Route value as text: nothing is decoded, so nothing is lost. */
export interface AddressText {
  /** Display name with its quotes; empty when there is none. */
  readonly display: string;
  /** The URI with its own parameters, without angle brackets. */
  readonly uri: string;
  /** Parameters of the header field, from the first ";" on; empty when there are none. */
  readonly parameters: string;
}

/**
 * Takes name-addr or addr-spec apart (RFC 3261 section 20.10): without angle brackets everything from the first
 * ";" on belongs to the header field.
 */
export function splitAddress(value: string): AddressText {
  const open = openingBracket(value);
  const close = open === -1 ? -1 : value.indexOf('>', open);
  if (open !== -1 && close !== -1) {
    return {
      display: value.slice(0, open).trim(),
      uri: value.slice(open + 1, close).trim(),
      parameters: value.slice(close + 1).trim(),
    };
  }
  const semicolon = value.indexOf(';');
  return semicolon === -1
    ? { display: '', uri: value.trim(), parameters: '' }
    : {
        display: '',
        uri: value.slice(0, semicolon).trim(),
        parameters: value.slice(semicolon).trim(),
      };
}

/** The same value in name-addr form, which is safe with any URI. */
export function joinAddress({ display, uri, parameters }: AddressText): string {
  return `${display === '' ? '' : `${display} `}<${uri}>${parameters}`;
}

/** The tag of a From or To value. */
export function tagOf(value: string): string | undefined {
  const parameters = parseParameters(splitAddress(value).parameters, 0);
  return parameters === undefined ? undefined : parameterValue(parameters, 'tag');
}

/** This value with this tag, unless it has one. */
export function withTag(value: string, tag: string): string {
  const parts = splitAddress(value);
  return tagOf(value) === undefined
    ? joinAddress({ ...parts, parameters: `${parts.parameters};tag=${tag}` })
    : joinAddress(parts);
}

/** Where "<" opens the URI; -1 when there is none. */
function openingBracket(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x3c) return at;
    if (code !== 0x22) continue;
    const end = quotedEnd(text, at);
    if (end < 0) return -1;
    at = end - 1;
  }
  return -1;
}
